import type { Asset } from "../../core/assets.ts";
import type { Catalog } from "../../core/catalog.ts";
import type { AssetCheck } from "../../core/checks.ts";
import { EngineError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { CheckWord } from "../../core/states.ts";
import type { Store } from "../../store/store.ts";
import type { EvaluationRow } from "../../store/tables/check-summaries.ts";
import type { CheckRow } from "../../store/tables/checks.ts";
import type { CheckCounts, CheckEvaluationView, CheckView } from "../views.ts";
import { instant } from "./instants.ts";
import { parseFailure } from "./run-views.ts";

export interface CheckViewsParams {
  readonly store: Store;
  readonly catalog: Catalog;
}

export interface CheckViews {
  /** The checks of every asset that has some. */
  readonly all: () => (asset: Asset) => readonly CheckView[];
  readonly ofAsset: (asset: Asset) => readonly CheckView[];
  /** Of one partition of the asset. */
  readonly ofPartition: (asset: Asset, partitionId: number) => readonly CheckView[];
}

/** Of a check that came into the code after the engine last ran: a record that is only read does not know it. */
const UNDECLARED = { passed: 0, warned: 0, failed: 0, errored: 0, outdated: 0 };

export function checkViews({ store, catalog }: CheckViewsParams): CheckViews {
  const { checks, partitions, summaries } = store.tables;

  const view = (check: AssetCheck, state: Pick<CheckView, "status" | "partitions" | "latest">): CheckView => ({
    key: check.key,
    name: check.name,
    asset: check.asset.key,
    description: check.description,
    blocking: check.blocking,
    severity: check.severity,
    ...state,
    pool: check.step.pool,
    location: catalog.locations.get(`check:${check.key}`) ?? "",
  });

  const wholeState = (check: AssetCheck, row: CheckRow | undefined): CheckView => {
    const newest = row === undefined ? undefined : summaries.checks.newest(row.id);
    const latest = newest === undefined ? null : evaluationView(newest);
    const set = check.asset.partitions;
    if (set === null) return view(check, { status: wordOf(newest), partitions: null, latest });
    const { passed, warned, failed, errored, outdated } = row ?? UNDECLARED;
    const total = partitions.set(set.name)?.active ?? 0;
    const unevaluated = total - passed - warned - failed - errored - outdated;
    const counts: CheckCounts = { total, passed, warned, failed, errored, outdated, unevaluated };
    return view(check, { status: worstWord(counts), partitions: counts, latest });
  };

  const partitionState = (check: AssetCheck, partitionId: number): CheckView => {
    const row = checks.byKey(check.key);
    const newest = row === undefined ? undefined : summaries.checks.newestOfPartition(row.id, partitionId);
    const latest = newest === undefined ? null : evaluationView(newest);
    return view(check, { status: wordOf(newest), partitions: null, latest });
  };

  const of = (asset: Asset): readonly AssetCheck[] => catalog.checksOf.get(asset.key) ?? [];
  return {
    all() {
      const rows = new Map(catalog.checks.size === 0 ? [] : checks.all().map((row) => [row.key, row]));
      return (asset) => of(asset).map((check) => wholeState(check, rows.get(check.key)));
    },
    ofAsset: (asset) => of(asset).map((check) => wholeState(check, checks.byKey(check.key))),
    ofPartition: (asset, partitionId) => of(asset).map((check) => partitionState(check, partitionId)),
  };
}

export function evaluationView(row: EvaluationRow): CheckEvaluationView {
  return {
    id: String(row.id),
    check: row.check_key,
    partition: row.partition_key,
    runId: row.run_uid,
    step: row.ordinal,
    at: instant(row.at_ms),
    outcome: row.outcome,
    passed: row.outcome === "errored" ? null : row.outcome === "passed",
    severity: row.severity,
    blocking: row.blocking === 1,
    description: row.description,
    metadata: JSON.parse(row.metadata) as JsonObject,
    dataVersion: row.data_version,
    isCurrent: row.is_current === 1,
    error: parseFailure(row.error),
  };
}

function wordOf(newest: EvaluationRow | undefined): CheckWord {
  if (newest === undefined) return "unevaluated";
  return newest.is_current === 1 ? newest.outcome : "outdated";
}

/** Of many partitions the word that needs attention first. */
function worstWord(counts: CheckCounts): CheckWord {
  const first = (["failed", "errored", "warned", "outdated"] as const).find((word) => counts[word] > 0);
  if (first !== undefined) return first;
  return counts.passed > 0 ? "passed" : "unevaluated";
}

/** The check of an asset by its name; throws `not_found`. */
export function checkOf(catalog: Catalog, asset: Asset, name: string): AssetCheck {
  const check = catalog.checks.get(`${asset.key}:${name}`);
  if (check !== undefined) return check;
  throw new EngineError("not_found", `"${asset.key}" has no check ${JSON.stringify(name)}`, {
    details: { asset: asset.key, check: name },
  });
}
