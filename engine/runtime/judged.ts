import type { CheckFacts } from "../core/assets.ts";
import type { Judged, MadeFacts } from "../core/checks.ts";
import { EngineError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { Store } from "../store/store.ts";
import type { MaterializationRow } from "../store/tables/materializations.ts";
import type { ExecutedStep, Execution } from "./execution.ts";
import { readValue } from "./inputs.ts";

/** What a check judges, and by which row of the record. */
export interface LoadedJudged extends Judged {
  readonly materializationId: number;
}

export interface LoadJudgedParams {
  readonly store: Store;
  readonly execution: Execution;
  readonly step: ExecutedStep;
}

/**
 * What the check's own run made of the asset's partition, even where another run has made it again since; where the run
 * does not make the asset, what there is. Throws `missing_input` where there is nothing to judge.
 */
export async function loadJudged(check: CheckFacts, params: LoadJudgedParams): Promise<LoadedJudged> {
  const { store, execution, step } = params;
  const { materializations } = store.tables;
  const assetId = materializations.assetId(check.asset.key);
  const maker = step.planned.after.find((ordinal) =>
    execution.steps[ordinal]?.planned.assets.includes(check.asset.key),
  );
  const judged =
    maker === undefined
      ? materializations.latest(assetId, step.partitionId)
      : materializations.ofStep(execution.run.id, maker).find((row) => row.asset_id === assetId);
  if (judged !== undefined) return judgedOf(judged, store);
  const where = step.key === null ? "" : ` for ${JSON.stringify(step.key)}`;
  throw new EngineError(
    "missing_input",
    `there is nothing to check: "${check.asset.key}" was never materialized${where}; materialize it first`,
    { details: { asset: check.asset.key, partition: step.key } },
  );
}

async function judgedOf(row: MaterializationRow, store: Store): Promise<LoadedJudged> {
  const before = store.tables.materializations.before(row);
  return {
    value: await readValue(store, row),
    made: madeFacts(row),
    previous: before === undefined ? null : madeFacts(before),
    materializationId: row.id,
  };
}

function madeFacts(row: MaterializationRow): MadeFacts {
  return {
    runId: row.run_uid,
    atMs: row.at_ms,
    dataVersion: row.data_version,
    codeVersion: row.code_version,
    metadata: JSON.parse(row.metadata) as JsonObject,
  };
}
