import { type Engine, EngineError, type JsonObject } from "../../../../engine/operate.ts";
import { ignore, MAX_PATCH_ITEMS, tooMany, type Topic } from "../topic.ts";

/**
 * `run:<id>`: a run with its first steps; then the run without them, the steps that changed, their progress, and whether
 * there is more in its history or its log, which are read by their own routes.
 */
export function runTopic(engine: Engine, runId: string): Topic {
  /** The id by which events name the run; null where it has ended and its events were pruned. */
  let internalId: number | null = null;
  return {
    name: `run:${runId}`,
    async prepare() {
      engine.queries.run(runId);
      const [first] = (await engine.queries.events(runId, { limit: 1 })).items;
      const [recorded] = first === undefined ? [] : (engine.queries.eventsAfter(first.seq - 1, 1) ?? []);
      internalId = recorded !== undefined && "runId" in recorded ? recorded.runId : null;
    },
    snapshot: async () => engine.queries.run(runId),
    changes() {
      const steps = new Set<number>();
      const progress = new Map<number, JsonObject>();
      let hasEvents = false;
      let hasLogs = false;
      return {
        note(event) {
          if (!("runId" in event) || event.runId !== internalId) return;
          hasEvents = true;
          if ("ordinal" in event) steps.add(event.ordinal);
        },
        noteProgress(report) {
          if (report.runId === runId) progress.set(report.step, report.progress);
        },
        noteLog(id) {
          hasLogs ||= id === runId;
        },
        noteStale: ignore,
        noteHealth: ignore,
        isEmpty: () => !hasEvents && !hasLogs && progress.size === 0,
        render() {
          const reports = [...progress].map(([step, report]) => ({ step, progress: report }));
          if (!hasEvents || internalId === null) {
            return { run: null, steps: [], progress: reports, events: hasEvents, logs: hasLogs };
          }
          const [run] = engine.queries.runsByIds([internalId]);
          if (run === undefined) throw new EngineError("not_found", `run ${runId} is gone`);
          if (steps.size > MAX_PATCH_ITEMS) return tooMany;
          // A run that starts or ends takes its steps along, without an event for each.
          const isWhole = steps.size === 0 || run.endedAt !== null;
          const changed = engine.queries.stepsByRunId(internalId, steps);
          const first = isWhole ? engine.queries.run(runId).steps : [];
          const shown = [...first, ...changed.filter((step) => step.step >= first.length)];
          return { run, steps: shown, progress: reports, events: true, logs: hasLogs };
        },
      };
    },
  };
}
