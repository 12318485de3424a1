import { type Actor, type Engine, EngineError, isTerminalRun, runStatuses } from "../../../engine/operate.ts";
import { problems } from "../schemas/problems.ts";
import { flag, id, list, nullable, options, paging, record, text } from "../schemas/values.ts";
import type { ProjectScope } from "../server-options.ts";
import { problemOf } from "../problems.ts";
import { actorOf, type App } from "../typed-app.ts";
import { runFilter, statusesOf } from "./runs.ts";

/** In one request; where a filter finds more, the same request with `cursor` goes on, whatever this one did. */
export const MAX_BULK_RUNS = 500;

type Action = "cancel" | "reexecute";

export function bulkRunRoutes(app: App, { engine }: ProjectScope): void {
  app.post(
    "/runs/bulk",
    {
      config: { role: "operator", audit: "bulk runs" },
      bodyLimit: 256 * 1024,
      schema: {
        tags: ["runs"],
        summary: "Cancel or re-execute many runs; each one's outcome is told",
        body: {
          type: "object",
          properties: {
            action: { type: "string", enum: ["cancel", "reexecute"] },
            ids: { type: "array", items: id, minItems: 1, maxItems: MAX_BULK_RUNS, uniqueItems: true },
            filter: options(runFilter),
            cursor: { ...paging.cursor, description: "with a filter: where the answer before this one left off" },
          },
          required: ["action"],
          additionalProperties: false,
        },
        response: {
          200: record({
            results: list(record({ id: text, ok: flag, run: nullable(text), error: nullable(text) })),
            more: flag,
            nextCursor: nullable(text),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      const { action, ids, filter, cursor } = request.body;
      if ((ids === undefined) === (filter === undefined)) {
        throw new EngineError("invalid_request", "give either ids or filter");
      }
      if (ids !== undefined && cursor !== undefined) {
        throw new EngineError("invalid_request", "a cursor goes with a filter, not with ids");
      }
      const found = ids === undefined ? await filtered(engine, { action, filter: filter ?? {}, cursor }) : allOf(ids);
      const results = [];
      for (const one of found.ids) results.push(await act(engine, { action, id: one, actor: actorOf(request) }));
      return { results, more: found.nextCursor !== null, nextCursor: found.nextCursor };
    },
  );
}

interface Filter extends Omit<NonNullable<Parameters<Engine["queries"]["runs"]>[0]>, "status"> {
  readonly status?: readonly string[] | undefined;
}

interface FilteredParams {
  readonly action: Action;
  readonly filter: Filter;
  readonly cursor: string | undefined;
}

interface Found {
  readonly ids: readonly string[];
  readonly nextCursor: string | null;
}

const allOf = (ids: readonly string[]): Found => ({ ids, nextCursor: null });

/** What can be canceled has not ended; without a status in the filter only that is looked at. */
async function filtered(engine: Engine, { action, filter, cursor }: FilteredParams): Promise<Found> {
  const live = action === "cancel" ? runStatuses.filter((one) => !isTerminalRun(one)) : undefined;
  const status = statusesOf(filter.status) ?? live;
  const page = await engine.queries.runs({ ...filter, status, limit: MAX_BULK_RUNS, cursor });
  return { ids: page.items.map((run) => run.id), nextCursor: page.nextCursor };
}

interface ActParams {
  readonly action: Action;
  readonly id: string;
  readonly actor: Actor;
}

async function act(engine: Engine, { action, id: runId, actor }: ActParams) {
  try {
    if (action === "reexecute") {
      return {
        id: runId,
        ok: true,
        run: await engine.commands.reexecute(runId, { from: "failure", actor }),
        error: null,
      };
    }
    await engine.commands.cancelRun(runId, actor);
    return { id: runId, ok: true, run: null, error: null };
  } catch (error) {
    return { id: runId, ok: false, run: null, error: problemOf(error).body.error.message };
  }
}
