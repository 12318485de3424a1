import type { Connection } from "./database.ts";
import { type AccessTable, accessTable } from "./tables/access.ts";
import {
  type AssetPartitionReader,
  assetPartitionReader,
  type FailureRow,
  newestFailure,
} from "./tables/asset-partition-summaries.ts";
import { type AutomationsTable, automationsTable } from "./tables/automations.ts";
import { type BackfillSummaries, backfillSummaries } from "./tables/backfill-summaries.ts";
import { type BackfillsTable, backfillsTable } from "./tables/backfills.ts";
import { type CheckSummaries, checkSummaries } from "./tables/check-summaries.ts";
import { type ChecksTable, checksTable } from "./tables/checks.ts";
import { type EventsTable, eventsTable } from "./tables/events.ts";
import { type ExternalWorkTable, externalWorkTable } from "./tables/external-work.ts";
import { type InternedTable, internedTable } from "./tables/interned.ts";
import { type LimitsTable, limitsTable } from "./tables/limits.ts";
import { type LogsTable, logsTable } from "./tables/logs.ts";
import { type MaterializationSummaries, materializationSummaries } from "./tables/materialization-summaries.ts";
import { type MaterializationsTable, materializationsTable } from "./tables/materializations.ts";
import { type MetaTable, metaTable } from "./tables/meta.ts";
import { type PartitionsTable, partitionsTable } from "./tables/partitions.ts";
import { type RetentionTable, retentionTable } from "./tables/retention.ts";
import { type RunSummaries, runSummaries } from "./tables/run-summaries.ts";
import { type RunsTable, runsTable } from "./tables/runs.ts";
import { type StepsTable, stepsTable } from "./tables/steps.ts";
import { type TickSummaries, tickSummaries } from "./tables/tick-summaries.ts";

/** One module a table family; each prepares its statements once. */
export interface Tables {
  readonly access: AccessTable;
  readonly automations: AutomationsTable;
  readonly backfills: BackfillsTable;
  readonly checks: ChecksTable;
  readonly events: EventsTable;
  readonly externalWork: ExternalWorkTable;
  readonly interned: InternedTable;
  readonly limits: LimitsTable;
  readonly logs: LogsTable;
  readonly materializations: MaterializationsTable;
  readonly meta: MetaTable;
  readonly partitions: PartitionsTable;
  readonly retention: RetentionTable;
  readonly runs: RunsTable;
  readonly steps: StepsTable;
  /** Rows with what they refer to, as views show them. */
  readonly summaries: Summaries;
}

export interface Summaries {
  readonly runs: RunSummaries;
  readonly ticks: TickSummaries;
  readonly backfills: BackfillSummaries;
  readonly checks: CheckSummaries;
  readonly materializations: MaterializationSummaries;
  readonly assetPartition: AssetPartitionReader;
  readonly newestFailure: (assetId: number) => FailureRow | undefined;
}

export function prepareTables(db: Connection): Tables {
  return {
    access: accessTable(db),
    automations: automationsTable(db),
    backfills: backfillsTable(db),
    checks: checksTable(db),
    events: eventsTable(db),
    externalWork: externalWorkTable(db),
    interned: internedTable(db),
    limits: limitsTable(db),
    logs: logsTable(db),
    materializations: materializationsTable(db),
    meta: metaTable(db),
    partitions: partitionsTable(db),
    retention: retentionTable(db),
    runs: runsTable(db),
    steps: stepsTable(db),
    summaries: {
      runs: runSummaries(db),
      ticks: tickSummaries(db),
      backfills: backfillSummaries(db),
      checks: checkSummaries(db),
      materializations: materializationSummaries(db),
      assetPartition: assetPartitionReader(db),
      newestFailure: newestFailure(db),
    },
  };
}
