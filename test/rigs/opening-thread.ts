import { parentPort } from "node:worker_threads";
import Database from "better-sqlite3";
import { OPENED } from "../../engine/store/database-thread.ts";

/** Says when it begins to load the native part of better-sqlite3, which happens with the first database. */
parentPort?.postMessage("loading");
const db = new Database(":memory:");
db.prepare("SELECT 1").get();
parentPort?.postMessage(OPENED);
