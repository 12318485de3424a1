import { parentPort, workerData } from "node:worker_threads";
import { checkCopy, copyDatabase, MAX_CHECK_FINDINGS } from "./database-copy.ts";
import { openReadOnly } from "../database.ts";
import { OPENED } from "../database-thread.ts";
import { prunableQueries } from "./prunable.ts";
import type { CareTask } from "./care-thread.ts";

/** One task a thread: reading a whole database takes long, and better-sqlite3 blocks its thread. */
const task = workerData as CareTask;
const db = openReadOnly(task.file);
parentPort?.postMessage(OPENED);
try {
  if (task.type === "check") {
    parentPort?.postMessage(db.pragma(`quick_check(${MAX_CHECK_FINDINGS})`));
  } else if (task.type === "look") {
    const look = prunableQueries(db)[task.name] as (params: unknown) => unknown;
    parentPort?.postMessage(look(task.params));
  } else {
    await copyDatabase(db, task.to);
    parentPort?.postMessage(checkCopy(task.to));
  }
} finally {
  db.close();
}
