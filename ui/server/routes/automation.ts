import { EngineError, isEngineError, type ScheduleView, type SensorView } from "../../../engine/operate.ts";
import { evaluation, schedule, sensor, tick } from "../schemas/automation.ts";
import { problems } from "../schemas/problems.ts";
import { flag, namePath, options, page, paging } from "../schemas/values.ts";
import type { ProjectScope } from "../server-options.ts";
import { actorOf, type App } from "../typed-app.ts";

interface Family {
  readonly noun: "sensor" | "schedule";
  readonly view: typeof sensor | typeof schedule;
  readonly all: () => readonly (SensorView | ScheduleView)[];
}

/** Sensors and schedules answer to the same calls. */
export function automationRoutes(app: App, scope: ProjectScope): void {
  const { queries } = scope.engine;
  familyRoutes(app, { scope, family: { noun: "sensor", view: sensor, all: () => queries.sensors() } });
  familyRoutes(app, { scope, family: { noun: "schedule", view: schedule, all: () => queries.schedules() } });
}

interface FamilyParams {
  readonly scope: ProjectScope;
  readonly family: Family;
}

function familyRoutes(app: App, params: FamilyParams): void {
  const { family, scope } = params;
  const { noun, view, all } = family;
  const { queries } = scope.engine;
  const tags = ["automation"];
  const config = { role: "viewer" } as const;

  app.get(
    `/${noun}s`,
    {
      config,
      schema: { tags, summary: `All ${noun}s with their last tick`, response: { 200: page(view), ...problems } },
    },
    () => ({ items: all(), nextCursor: null }),
  );

  app.get(
    `/${noun}s/:name`,
    { config, schema: { tags, summary: `One ${noun}`, params: namePath, response: { 200: view, ...problems } } },
    (request) => find(family, request.params.name),
  );

  app.get(
    `/${noun}s/:name/ticks`,
    {
      config,
      schema: {
        tags,
        summary: `What a ${noun} did and why, newest first`,
        params: namePath,
        querystring: options(paging),
        response: { 200: page(tick), ...problems },
      },
    },
    async (request) => {
      find(family, request.params.name);
      return await queries.ticks(request.params.name, request.query);
    },
  );

  switchRoutes(app, params);
  evaluateRoute(app, params);
}

function switchRoutes(app: App, { scope, family }: FamilyParams): void {
  const { noun, view } = family;
  for (const enabled of [true, false]) {
    const verb = enabled ? "start" : "stop";
    app.post(
      `/${noun}s/:name/${verb}`,
      {
        config: { role: "operator", audit: `${verb} ${noun}` },
        schema: {
          tags: ["automation"],
          summary: `Turn a ${noun} ${enabled ? "on" : "off"}`,
          params: namePath,
          response: { 200: view, ...problems },
        },
      },
      async (request) => {
        find(family, request.params.name);
        await scope.engine.commands.setAutomation(request.params.name, { enabled, actor: actorOf(request) });
        return find(family, request.params.name);
      },
    );
  }
}

function evaluateRoute(app: App, { scope, family }: FamilyParams): void {
  const { noun } = family;
  app.post(
    `/${noun}s/:name/evaluate`,
    {
      config: { role: "operator", audit: `evaluate ${noun}` },
      schema: {
        tags: ["automation"],
        summary: `What a ${noun} would do now${noun === "schedule" ? ", or at a chosen time" : ""}; with launch it does it`,
        params: namePath,
        body: options({
          launch: flag,
          ...(noun === "schedule" ? { at: { type: "string", format: "date-time" } } : {}),
        }),
        response: { 200: evaluation, ...problems },
      },
    },
    async (request) => {
      find(family, request.params.name);
      const { launch = false, at } = request.body as { launch?: boolean; at?: string };
      const atMs = at === undefined ? undefined : Date.parse(at);
      const { name } = request.params;
      try {
        return await scope.engine.commands.evaluate(name, { launch, atMs, actor: actorOf(request) });
      } catch (error) {
        if (isEngineError(error)) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        throw new EngineError("user_code", `the code of ${noun} "${name}" threw: ${reason}`, { cause: error });
      }
    },
  );
}

function find({ noun, all }: Family, wanted: string): SensorView | ScheduleView {
  const found = all().find((one) => one.name === wanted);
  if (found === undefined) throw new EngineError("not_found", `there is no ${noun} "${wanted}"`);
  return found;
}
