import { EngineError, type RunFilter, type RunStatus, runStatuses } from "../../../engine/operate.ts";
import { problems } from "../schemas/problems.ts";
import { event, logLine, run, runCounts, runDetail, runPage, stepPage } from "../schemas/runs.ts";
import {
  done,
  id,
  idPath,
  key,
  name,
  options,
  page,
  paging,
  priority,
  record,
  sequence,
  shortText,
  stepNumber,
  text,
} from "../schemas/values.ts";
import type { ProjectScope } from "../server-options.ts";
import { actorOf, type App } from "../typed-app.ts";

const MAX_STATUSES = 50;
const MAX_BOUNDARIES = 400;
const instantFilter = { type: "string", format: "date-time" } as const;

/** What chooses runs, in a query string and in a bulk request. */
export const runFilter = {
  status: {
    type: "array",
    items: shortText,
    maxItems: MAX_STATUSES,
    description: "one, several, or several with commas",
  },
  job: name,
  asset: name,
  partition: key,
  tag: { ...shortText, description: "name=value" },
  backfill: id,
  text: { ...shortText, description: "in the id, job, partition, reason or error, whatever its case" },
  createdAfter: instantFilter,
  createdBefore: instantFilter,
} as const;

const stepPath = record({ id, step: stepNumber });

export function runRoutes(app: App, { engine }: ProjectScope): void {
  const { queries, commands } = engine;
  const viewer = { role: "viewer" } as const;

  app.get(
    "/runs",
    {
      config: viewer,
      schema: {
        tags: ["runs"],
        summary: "Runs, newest first",
        querystring: options({ ...runFilter, ...paging }),
        response: { 200: runPage, ...problems },
      },
    },
    async (request) => await queries.runs({ ...request.query, status: statusesOf(request.query.status) }),
  );

  app.get(
    "/run-counts",
    {
      config: viewer,
      schema: {
        tags: ["runs"],
        summary: "How many runs ended how, between each of the given instants and the next",
        querystring: {
          ...record({ at: { type: "array", items: instantFilter, minItems: 2, maxItems: MAX_BOUNDARIES } }),
          description: "ascending instants",
        },
        response: { 200: page(runCounts), ...problems },
      },
    },
    async (request) => ({ items: await queries.runCounts(request.query.at), nextCursor: null }),
  );

  app.get(
    "/runs/:id",
    {
      config: viewer,
      schema: {
        tags: ["runs"],
        summary: "One run with its steps",
        params: idPath,
        response: { 200: runDetail, ...problems },
      },
    },
    (request) => queries.run(request.params.id),
  );

  app.get(
    "/runs/:id/steps",
    {
      config: viewer,
      schema: {
        tags: ["runs"],
        summary: "The steps of a run, in order; the run itself carries the first 500",
        params: idPath,
        querystring: options({ from: { ...stepNumber, description: "the first one's number" }, ...paging }),
        response: { 200: stepPage, ...problems },
      },
    },
    (request) => queries.steps(request.params.id, request.query),
  );

  app.get(
    "/runs/:id/events",
    {
      config: viewer,
      schema: {
        tags: ["runs"],
        summary: "The history of a run, oldest first",
        params: idPath,
        querystring: options({ after: sequence, ...paging }),
        response: { 200: page(event), ...problems },
      },
    },
    async (request) => await queries.events(request.params.id, request.query),
  );

  app.get(
    "/runs/:id/logs",
    {
      config: viewer,
      schema: {
        tags: ["runs"],
        summary: "The log of a run, oldest first, all of it or one step's",
        params: idPath,
        querystring: options({ step: stepNumber, after: id, ...paging }),
        response: { 200: page(logLine), ...problems },
      },
    },
    async (request) => await queries.logs(request.params.id, request.query),
  );

  app.post(
    "/runs/:id/cancel",
    {
      config: { role: "operator", audit: "cancel run" },
      schema: { tags: ["runs"], summary: "Cancel a run", params: idPath, response: { 202: run, ...problems } },
    },
    async (request, reply) => {
      await commands.cancelRun(request.params.id, actorOf(request));
      reply.code(202);
      const { steps: _steps, ...view } = queries.run(request.params.id);
      return view;
    },
  );

  app.post(
    "/runs/:id/priority",
    {
      config: { role: "operator", audit: "set priority" },
      schema: {
        tags: ["runs"],
        summary: "Change when a queued run's turn comes; one point is worth six hours of waiting",
        params: idPath,
        body: record({ priority }),
        response: { 200: run, ...problems },
      },
    },
    async (request) => {
      const { id: runId } = request.params;
      await commands.setPriority(runId, { ...request.body, actor: actorOf(request) });
      const { steps: _steps, ...view } = queries.run(runId);
      return view;
    },
  );

  app.post(
    "/runs/:id/steps/:step/cancel",
    {
      config: { role: "operator", audit: "cancel step" },
      schema: {
        tags: ["runs"],
        summary: "Cancel one step; what depends on it is skipped",
        params: stepPath,
        response: { 202: done, ...problems },
      },
    },
    async (request, reply) => {
      const { id: runId, step } = request.params;
      await commands.cancelStep(runId, { step, actor: actorOf(request) });
      reply.code(202);
      return { ok: true };
    },
  );

  app.post(
    "/runs/:id/reexecute",
    {
      config: { role: "operator", audit: "re-execute run" },
      schema: {
        tags: ["runs"],
        summary: "Run it again as a new, linked run",
        params: idPath,
        body: options({
          from: { anyOf: [{ type: "string", enum: ["failure", "all"] }, record({ step: stepNumber })] },
        }),
        response: { 201: record({ run: text }), ...problems },
      },
    },
    async (request, reply) => {
      const { from = "failure" } = request.body;
      const made = await commands.reexecute(request.params.id, { from, actor: actorOf(request) });
      reply.code(201);
      return { run: made };
    },
  );
}

/** Throws `invalid_request` for a word that is no status. */
export function statusesOf(given: readonly string[] | undefined): RunFilter["status"] {
  if (given === undefined) return undefined;
  return given
    .flatMap((part) => part.split(","))
    .map((word): RunStatus => {
      const status = runStatuses.find((known) => known === word);
      if (status !== undefined) return status;
      throw new EngineError("invalid_request", `"${word}" is no status of a run; expected ${runStatuses.join(", ")}`);
    });
}
