import { EngineError } from "../../../engine/operate.ts";
import { problems } from "../schemas/problems.ts";
import { count, flag, instant, list, nullable, number, options, record, text } from "../schemas/values.ts";
import type { ProjectScope, ServiceView, SharedScope } from "../server-options.ts";
import type { App } from "../typed-app.ts";

const SERVICE_TIMEOUT_MS = 5000;

const location = record({
  name: text,
  status: { type: "string", enum: ["loaded", "failed"] },
  definitions: count,
  error: nullable({
    type: "object",
    properties: { code: text, message: text, file: text, line: { type: "integer" } },
    required: ["code", "message"],
    additionalProperties: false,
  }),
});

const systemView = record({
  version: text,
  node: text,
  project: text,
  projects: list(record({ name: text, api: text, error: nullable(text) })),
  startedAt: instant,
  generation: text,
  epoch: count,
  settings: list(record({ name: text, value: nullable(text), source: text })),
  locations: list(location),
  problems: list(record({ severity: { type: "string", enum: ["error", "warning"] }, where: text, message: text })),
  services: list(record({ name: text, description: text, ok: flag, error: nullable(text), answeredInMs: number })),
});

export function systemRoutes(app: App, { engine, shared }: ProjectScope): void {
  const { project } = engine;
  app.get(
    "/system",
    {
      config: { role: "viewer" },
      schema: {
        tags: ["system"],
        summary: "Version, settings with their source, code locations, problems, and whether the services answer",
        response: { 200: systemView, ...problems },
      },
    },
    async () => ({
      version: shared.system.version,
      node: process.version,
      project,
      projects: [
        ...shared.engines.map((one) => ({ name: one.project, api: projectApi(one.project), error: null })),
        ...shared.unopened.map((one) => ({
          name: one.project,
          api: projectApi(one.project),
          error: one.error.message,
        })),
      ],
      startedAt: shared.system.startedAt,
      generation: engine.generation,
      epoch: engine.epoch,
      settings: shared.system.settings(project),
      locations: shared.system.locations(project),
      problems: shared.system.problems(project),
      services: await askServices(project, shared),
    }),
  );
}

const pruned = record({
  dryRun: flag,
  runs: count,
  ticks: count,
  events: count,
  logLines: count,
  audit: count,
  materializations: count,
  evaluations: count,
  plans: count,
  tagSets: count,
  values: count,
  pages: count,
});

/** What an admin does with the record as a whole. */
export function recordRoutes(app: App, { engine }: ProjectScope): void {
  app.post(
    "/prune",
    {
      config: { role: "admin", audit: "prune" },
      schema: {
        tags: ["system"],
        summary: "Remove now what the retention lets go of, or count what would go first",
        body: options({ dryRun: { type: "boolean" } }),
        response: { 200: pruned, ...problems },
      },
    },
    async (request) => await engine.commands.prune({ dryRun: request.body.dryRun ?? false }),
  );

  app.post(
    "/backup",
    {
      config: { role: "admin", audit: "back up" },
      schema: {
        tags: ["system"],
        summary: "The record as it is now, as an archive (gzip, tar) that `sheaf restore` takes; the engine goes on",
        response: { 200: { type: "string", contentMediaType: "application/gzip" }, ...problems },
      },
    },
    async (_request, reply) => reply.type("application/gzip").send(await engine.backup()),
  );
}

async function askServices(project: string, { system, scheduler }: SharedScope): Promise<readonly ServiceView[]> {
  const tooLate = new AbortController();
  const disarm = scheduler.after(SERVICE_TIMEOUT_MS, () => {
    tooLate.abort(new EngineError("timeout", `no answer within ${SERVICE_TIMEOUT_MS} ms`));
  });
  try {
    return await system.services(project, tooLate.signal);
  } finally {
    disarm();
  }
}

/** Where a project's own routes are. */
export function projectApi(project: string): string {
  return `/p/${encodeURIComponent(project)}/api`;
}
