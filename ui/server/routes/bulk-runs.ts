import { type Actor, type Engine, EngineError } from "../../../engine/operate.ts";
import { problems } from "../schemas/problems.ts";
import { flag, id, list, nullable, options, record, text } from "../schemas/values.ts";
import type { ProjectScope } from "../server-options.ts";
import { problemOf } from "../problems.ts";
import { actorOf, type App } from "../typed-app.ts";
import { runFilter, statusesOf } from "./runs.ts";

/** In one request; where a filter finds more, `more` says so and the same request goes on. */
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
          },
          required: ["action"],
          additionalProperties: false,
        },
        response: {
          200: record({
            results: list(record({ id: text, ok: flag, run: nullable(text), error: nullable(text) })),
            more: flag,
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      const { action, ids, filter } = request.body;
      if ((ids === undefined) === (filter === undefined)) {
        throw new EngineError("invalid_request", "give either ids or filter");
      }
      const found = ids === undefined ? await filtered(engine, filter ?? {}) : { ids, more: false };
      const results = [];
      for (const one of found.ids) results.push(await act(engine, { action, id: one, actor: actorOf(request) }));
      return { results, more: found.more };
    },
  );
}

interface Filter extends Omit<NonNullable<Parameters<Engine["queries"]["runs"]>[0]>, "status"> {
  readonly status?: readonly string[] | undefined;
}

async function filtered(engine: Engine, filter: Filter): Promise<{ ids: readonly string[]; more: boolean }> {
  const status = statusesOf(filter.status);
  const page = await engine.queries.runs({ ...filter, status, limit: MAX_BULK_RUNS });
  return { ids: page.items.map((run) => run.id), more: page.nextCursor !== null };
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
