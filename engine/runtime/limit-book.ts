import type { Limit } from "../core/limits.ts";
import type { Store } from "../store/store.ts";
import type { LimitRow } from "../store/tables/limits.ts";

/** The limits in force: what an operator set, over what configuration says. */
export interface LimitBook {
  all(): readonly Limit[];
  maxRuns(): number;
  poolSlots(pool: string): number;
  isSetByOperator(limit: Limit): boolean;
  /** To be called after a commit that changed the table. */
  reload(): void;
  configure(limits: readonly Limit[]): void;
}

export const DEFAULT_MAX_RUNS = 64;
export const DEFAULT_POOL_SLOTS = 4;

/** What configuration says; it may change while the engine runs. */
export interface ConfiguredLimits {
  limits: readonly Limit[];
}

export function openLimitBook(store: Store, configured: ConfiguredLimits): LimitBook {
  let rows: readonly LimitRow[] = [];
  let all: readonly Limit[] = [];
  const reload = (): void => {
    rows = store.tables.limits.all();
    const merged = new Map(configured.limits.map((limit) => [idOf(limit), limit]));
    for (const row of rows) merged.set(idOf(row), row);
    all = [...merged.values()];
  };
  reload();
  return {
    all: () => all,
    maxRuns: () => all.find((limit) => limit.kind === "runs")?.maximum ?? DEFAULT_MAX_RUNS,
    poolSlots: (pool) =>
      all.find((limit) => limit.kind === "pool" && limit.key === pool)?.maximum ?? DEFAULT_POOL_SLOTS,
    isSetByOperator: (limit) => rows.some((row) => idOf(row) === idOf(limit)),
    reload,
    configure(limits) {
      configured.limits = limits;
      reload();
    },
  };
}

function idOf(limit: Limit): string {
  return [limit.kind, "key" in limit ? limit.key : "", limit.kind === "tag" ? limit.value : ""].join("\u0000");
}
