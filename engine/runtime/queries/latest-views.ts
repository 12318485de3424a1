import type { Failure } from "../../core/events.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { AssetPartitionSummaryRow } from "../../store/tables/asset-partition-summaries.ts";
import type { MaterializationSummaryRow } from "../../store/tables/materialization-summaries.ts";
import type { FailureOfPartitionRow } from "../../store/reader/failures.ts";
import type { AssetPartitionView, FailureView, LatestView } from "../views.ts";
import { instant } from "./instants.ts";

export function latestView(row: MaterializationSummaryRow): LatestView {
  return {
    runId: row.run_uid,
    step: row.ordinal,
    at: instant(row.at_ms),
    value: row.value === null ? null : (JSON.parse(row.value) as Json),
    valueBytes: row.value_bytes,
    metadata: JSON.parse(row.metadata) as JsonObject,
    dataVersion: row.data_version,
    codeVersion: row.code_version,
    partition: row.partition_key,
  };
}

/** The failure that a partition shows: its newest, while nothing was made since. */
export function failureView(
  row: Pick<AssetPartitionSummaryRow, "word" | "failure" | "failed_at_ms" | "failed_run_uid" | "failed_ordinal">,
): AssetPartitionView["error"] {
  if (row.word !== "failed" || row.failure === null) return null;
  return {
    ...(JSON.parse(row.failure) as Failure),
    runId: row.failed_run_uid ?? "",
    step: row.failed_ordinal ?? 0,
    at: instant(row.failed_at_ms ?? 0),
  };
}

export function failureOfPartition(row: FailureOfPartitionRow): FailureView {
  return {
    asset: row.asset,
    partition: row.partition,
    error: {
      ...(JSON.parse(row.failure) as Failure),
      runId: row.failed_run_uid,
      step: row.failed_ordinal,
      at: instant(row.failed_at_ms),
    },
  };
}
