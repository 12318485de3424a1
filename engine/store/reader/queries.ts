import type { Connection } from "../database.ts";
import { allActiveKeys } from "./active-keys.ts";
import { listAssetPartitions } from "./asset-partitions.ts";
import { listAudit } from "./audit.ts";
import { listBackfills } from "./backfills.ts";
import { listCheckPartitions, listEvaluations } from "./evaluations.ts";
import { listEvents } from "./events.ts";
import { listFailures } from "./failures.ts";
import { countByKey } from "./key-counts.ts";
import { listLogLines } from "./logs.ts";
import { listMaterializations } from "./materializations.ts";
import { readMatrix } from "./matrix.ts";
import { cursorsOf } from "./page.ts";
import { listPartitionKeys } from "./partitions.ts";
import { countRuns } from "./run-counts.ts";
import { listRuns } from "./runs.ts";
import { findStale, materializedIds } from "./staleness.ts";
import { listTicks } from "./ticks.ts";

/** What the reader worker answers, by name. Each query sees one state of the database. */
export type Queries = ReturnType<typeof prepareQueries>;
export type QueryName = keyof Queries;

export function prepareQueries(db: Connection) {
  const cursors = cursorsOf(db);
  const snapshot = <P, R>(query: (params: P) => R): ((params: P) => R) => {
    const transaction = db.transaction(query);
    return (params) => transaction(params);
  };
  return {
    runs: snapshot(listRuns(db, { cursors })),
    countRuns: snapshot(countRuns(db)),
    failures: snapshot(listFailures(db)),
    activeKeys: snapshot(allActiveKeys(db)),
    countByKey: snapshot(countByKey(db)),
    matrix: snapshot(readMatrix(db, cursors)),
    assetPartitions: snapshot(listAssetPartitions(db, cursors)),
    materializations: snapshot(listMaterializations(db, cursors)),
    evaluations: snapshot(listEvaluations(db, cursors)),
    checkPartitions: snapshot(listCheckPartitions(db, cursors)),
    events: snapshot(listEvents(db)),
    logLines: snapshot(listLogLines(db, cursors)),
    partitionKeys: snapshot(listPartitionKeys(db, cursors)),
    ticks: snapshot(listTicks(db, cursors)),
    backfills: snapshot(listBackfills(db, cursors)),
    audit: snapshot(listAudit(db, cursors)),
    findStale: snapshot(findStale(db)),
    materializedIds: snapshot(materializedIds(db)),
  };
}
