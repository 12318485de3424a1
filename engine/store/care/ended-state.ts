import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from "node:fs";
import path from "node:path";
import type { Connection } from "../database.ts";
import { openReadOnly } from "../database.ts";
import { corruptError } from "./repair.ts";

/**
 * What the last engine said of the record, in a file beside it: SQLite takes a database whose `-wal` is gone, or is
 * another's, for a whole one, and with the lease alone nobody would notice.
 */
export interface EndedState {
  readonly generation: string;
  readonly epoch: number;
  /** `open`: a `-wal` is there; `closing`: it may be; `closed`: SQLite has removed it. */
  readonly phase: "open" | "closing" | "closed";
}

const STATE_FILE = "state.json";
/** Always as long, so that it is written in its place and a full disk takes it too. */
const STATE_BYTES = 256;

export function writeState(directory: string, state: EndedState): void {
  const file = path.join(directory, STATE_FILE);
  const isThere = statSync(file, { throwIfNoEntry: false })?.size === STATE_BYTES;
  const written = isThere ? file : `${file}.part`;
  const handle = openSync(written, isThere ? "r+" : "w", 0o600);
  try {
    writeSync(handle, JSON.stringify(state).padEnd(STATE_BYTES), 0);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  if (!isThere) renameSync(written, file);
}

interface Lease {
  readonly epoch: number;
  readonly ended_at_ms: number | null;
}

/**
 * Throws `corrupt` where the files are not those that the last engine left. Reads only: a write would already mix what
 * does not belong together.
 */
export function checkFiles(directory: string, databaseFile: string): void {
  const state = readState(directory);
  if (state === null) return;
  const stateFile = path.join(directory, STATE_FILE);
  const trust = `If you know that nothing is missing, remove ${stateFile} and start again`;
  if (!existsSync(databaseFile)) {
    throw corruptError(
      `${databaseFile} is gone, though an engine ran here. To begin with an empty record, remove ${stateFile}`,
    );
  }
  const walBytes = sizeOf(`${databaseFile}-wal`);
  if (state.phase === "closed" && walBytes !== null && walBytes > 0) {
    throw corruptError(
      `${databaseFile}-wal is not of this database: it was closed in order and left none. Move that file away. ${trust}`,
    );
  }
  const found = readLease(databaseFile);
  if (found === null) throw corruptError(`${databaseFile} holds no lease, though an engine ran here. ${trust}`);
  const { lease, generation } = found;
  if (generation !== state.generation || lease.epoch < state.epoch) {
    throw corruptError(
      `${databaseFile} and its -wal are not what the last engine wrote here: a file was lost, or put here from ` +
        `elsewhere or from an earlier time. ${trust}`,
    );
  }
  const hasEnded = lease.epoch > state.epoch || lease.ended_at_ms !== null;
  if (state.phase === "open" && walBytes === null && !hasEnded) {
    throw corruptError(
      `${databaseFile}-wal is gone, though the last engine did not end in order: its newest changes were in it. ${trust}`,
    );
  }
}

function readState(directory: string): EndedState | null {
  let text: string;
  try {
    text = readFileSync(path.join(directory, STATE_FILE), "utf8");
  } catch {
    return null;
  }
  try {
    return JSON.parse(text) as EndedState;
  } catch (error) {
    throw corruptError(
      `${path.join(directory, STATE_FILE)} cannot be read. If the database is sound, remove it`,
      error,
    );
  }
}

function sizeOf(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.size ?? null;
}

function readLease(databaseFile: string): { readonly lease: Lease; readonly generation: string } | null {
  const db: Connection = openReadOnly(databaseFile);
  try {
    const hasTables = db
      .prepare<[], number>("SELECT count(*) FROM sqlite_schema WHERE name IN ('lease', 'meta')")
      .pluck();
    if (hasTables.get() !== 2) return null;
    const lease = db.prepare<[], Lease>("SELECT epoch, ended_at_ms FROM lease").get();
    const generation = db.prepare<[], string>("SELECT value FROM meta WHERE key = 'generation'").pluck().get();
    return lease === undefined || generation === undefined ? null : { lease, generation };
  } finally {
    db.close();
  }
}
