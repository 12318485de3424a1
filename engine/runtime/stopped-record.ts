import path from "node:path";
import type { Readable } from "node:stream";
import { existsSync } from "node:fs";
import { EngineError } from "../core/errors.ts";
import type { Clock, IdSource } from "../core/ports/time.ts";
import { type BackupParams, backupRecord } from "../store/care/backup.ts";
import { type RestoredRecord, type RestoreParams, restoreRecord } from "../store/care/restore.ts";
import { DATABASE_FILE, lockRecord } from "../store/store.ts";
import { instant } from "./queries/instants.ts";

export interface StoppedRecordParams {
  readonly project: string;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly ids: IdSource;
}

/** A backup of a record on which no engine runs. Throws `not_found` where there is none, `locked` where one runs. */
export async function backupDataDir(params: StoppedRecordParams & Pick<BackupParams, "onProblem">): Promise<Readable> {
  const { project, dataDir, clock, ids, onProblem } = params;
  const file = path.join(dataDir, DATABASE_FILE);
  if (!existsSync(file))
    throw new EngineError("not_found", `there is no record in ${dataDir}: no engine ever ran there`);
  const lock = lockRecord(dataDir);
  try {
    const createdAt = instant(clock.now());
    return await backupRecord({ directory: dataDir, file, project, createdAt, ids, holdValues: () => lock, onProblem });
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/** Puts a backup into a directory on which no engine runs; what is there is kept aside. Throws `locked` where one runs. */
export async function restoreDataDir(
  params: Omit<StoppedRecordParams, "project"> & Pick<RestoreParams, "archive" | "signal">,
): Promise<RestoredRecord> {
  using _lock = lockRecord(params.dataDir);
  return await restoreRecord({ ...params, directory: params.dataDir });
}
