import type { Catalog } from "../core/catalog.ts";
import type { Limit } from "../core/limits.ts";
import type { Store } from "../store/store.ts";
import type { Executor } from "./executor.ts";
import { DEFAULT_MAX_RUNS, DEFAULT_POOL_SLOTS, type LimitBook } from "./limit-book.ts";
import type { LimitView } from "./views.ts";

export interface LimitViewsParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly limits: LimitBook;
  readonly executor: Executor;
}

/** Every limit in force, those of pools without one of their own included, and who holds it. */
export function limitViews(params: LimitViewsParams): readonly LimitView[] {
  const known = params.limits.all();
  const pools = new Set(params.catalog.stepsInOrder.flatMap((step) => step.pool ?? []));
  const implied: Limit[] = [...pools]
    .filter((key) => !known.some((limit) => limit.kind === "pool" && limit.key === key))
    .map((key) => ({ kind: "pool", key, maximum: DEFAULT_POOL_SLOTS }));
  if (!known.some((limit) => limit.kind === "runs")) implied.unshift({ kind: "runs", maximum: DEFAULT_MAX_RUNS });
  return [...implied, ...known].map((limit) => limitView(limit, params));
}

function limitView(limit: Limit, params: LimitViewsParams): LimitView {
  const holders = limit.kind === "pool" ? poolHolders(limit.key, params) : runHolders(limit, params);
  return {
    kind: limit.kind,
    key: "key" in limit ? limit.key : "",
    value: limit.kind === "tag" ? limit.value : "",
    maximum: limit.maximum,
    origin: params.limits.isSetByOperator(limit) ? "operator" : "configuration",
    used: holders.length,
    holders,
  };
}

function poolHolders(pool: string, { store }: LimitViewsParams): LimitView["holders"] {
  return store.tables.steps.slotHolders(pool).map((holder) => ({
    runId: holder.run_uid,
    step: holder.ordinal,
    since: new Date(holder.taken_at_ms).toISOString(),
  }));
}

function runHolders(
  limit: Exclude<Limit, { kind: "pool" }>,
  { executor, store }: LimitViewsParams,
): LimitView["holders"] {
  return [...executor.live()]
    .filter((run) => {
      if (limit.kind === "runs") return true;
      const value = run.tags[limit.key] ?? run.parts[limit.key];
      return limit.kind === "tag" ? value === limit.value : value !== undefined;
    })
    .map((run) => ({
      runId: run.runId,
      step: null,
      since: new Date(store.tables.runs.byUid(run.runId)?.started_at_ms ?? 0).toISOString(),
    }));
}
