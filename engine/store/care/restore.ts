import { createReadStream, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { EngineError } from "../../core/errors.ts";
import type { Clock, IdSource } from "../../core/ports/time.ts";
import { openDatabase } from "../database.ts";
import { migrate } from "../migrate.ts";
import { valueStore, type ValueStore } from "../values.ts";
import { BACKUP_FORMAT, type BackupManifest, DATABASE_ENTRY, MANIFEST_FILE } from "./backup.ts";
import { checkDatabase } from "./care-thread.ts";
import { syncedFile, syncFolder } from "./synced-files.ts";

export interface RestoreParams {
  /** Locked by the caller: no engine runs on it. */
  readonly directory: string;
  readonly archive: string;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Until the record is replaced; then it is finished. */
  readonly signal?: AbortSignal | undefined;
}

export interface RestoredRecord {
  readonly manifest: BackupManifest;
  /** Where the record that was there before is now; null where there was none. */
  readonly before: string | null;
}

const ARRIVING = "restoring.db";
/** A database under this name is whole, and takes the place of the one that is there. */
const ARRIVED = "restored.db";
const RECORD_FILES = ["sheaf.db-wal", "sheaf.db-shm", "state.json", "sheaf.db"];
const VALUE_ENTRY = /^values\/[0-9a-f]{2}\/([0-9a-f]{64})$/;

/**
 * Puts the record of a backup into a directory. What is there already is moved aside, only once all of the backup has
 * been read and checked. Values are added to those that are there: their names are their content. Throws `config`
 * where the file is no whole backup, `schema` where a newer version of Sheaf made it.
 */
export async function restoreRecord(params: RestoreParams): Promise<RestoredRecord> {
  const { directory, signal } = params;
  const arriving = path.join(directory, ARRIVING);
  try {
    const manifest = await unpack(params, arriving);
    const findings = await checkDatabase(arriving);
    if (findings.length > 0) throw unusable(params, `its database is damaged (${findings.join("; ")})`);
    await makeNewGeneration(params, { file: arriving, leftOut: new Set(manifest.leftOut) });
    signal?.throwIfAborted();
    renameSync(arriving, path.join(directory, ARRIVED));
    await syncFolder(directory);
    const before = completeRestore(directory);
    await syncFolder(directory);
    return { manifest, before };
  } finally {
    for (const end of ["", "-wal", "-shm"]) await rm(`${arriving}${end}`, { force: true });
  }
}

/**
 * Puts a database that has arrived into its place, and the one before aside; also after a kill in the midst of it. To
 * be called under the directory's lock. Returns where the record before is.
 */
export function completeRestore(directory: string): string | null {
  const arrived = path.join(directory, ARRIVED);
  if (!existsSync(arrived)) return null;
  const there = RECORD_FILES.filter((name) => existsSync(path.join(directory, name)));
  const aside = there.length === 0 ? null : freeFolder(directory);
  if (aside !== null) {
    mkdirSync(aside, { mode: 0o700 });
    for (const name of there) renameSync(path.join(directory, name), path.join(aside, name));
  }
  renameSync(arrived, path.join(directory, DATABASE_ENTRY));
  return aside;
}

function freeFolder(directory: string): string {
  let number = 1;
  while (existsSync(path.join(directory, `before-restore-${number}`))) number++;
  return path.join(directory, `before-restore-${number}`);
}

async function unpack(params: RestoreParams, arriving: string): Promise<BackupManifest> {
  const values = valueStore(path.join(params.directory, "values"));
  const entries = extract();
  const source = createReadStream(params.archive);
  const unzipped = createGunzip();
  source.on("error", (error) => unzipped.destroy(error));
  unzipped.on("error", (error) => entries.destroy(error));
  source.pipe(unzipped).pipe(entries);
  let manifest: BackupManifest | null = null;
  try {
    for await (const entry of entries) {
      params.signal?.throwIfAborted();
      const { name } = entry.header;
      const [, hash] = VALUE_ENTRY.exec(name) ?? [];
      if (name === MANIFEST_FILE) manifest = readManifest(await text(entry), params);
      else if (manifest === null) throw unusable(params, "it does not begin with what it says of itself");
      else if (name === DATABASE_ENTRY)
        await syncedFile(arriving, { content: Readable.from(entry), signal: params.signal });
      else if (hash === undefined) throw unusable(params, `it holds ${JSON.stringify(name.slice(0, 200))}`);
      else await keepValue(values, { hash, content: await text(entry), params });
    }
  } catch (error) {
    params.signal?.throwIfAborted();
    if (error instanceof EngineError) throw error;
    throw unusable(params, error instanceof Error ? error.message : String(error), error);
  } finally {
    source.destroy();
  }
  if (manifest === null || !existsSync(arriving)) throw unusable(params, "it holds no database");
  return manifest;
}

function readManifest(content: string, params: RestoreParams): BackupManifest {
  const manifest = JSON.parse(content) as BackupManifest;
  if (manifest.format === BACKUP_FORMAT) return manifest;
  throw new EngineError(
    "schema",
    `${params.archive} is a backup of format ${String(manifest.format)}, which this version of Sheaf does not know; ` +
      `restore it with the version that made it`,
  );
}

interface ArrivedValue {
  readonly hash: string;
  readonly content: string;
  readonly params: RestoreParams;
}

async function keepValue(values: ValueStore, { hash, content, params }: ArrivedValue): Promise<void> {
  const kept = await values.keep(content);
  if (kept.type !== "file" || kept.sha256 !== hash) throw unusable(params, `the value ${hash} was changed`);
}

interface Arrived {
  readonly file: string;
  /** Values that its backup had to leave out. */
  readonly leftOut: ReadonlySet<string>;
}

/** Cursors, sessions and websockets of before must not go on as if nothing had happened (design §3.14). */
async function makeNewGeneration(params: RestoreParams, { file, leftOut }: Arrived): Promise<void> {
  const db = openDatabase(file);
  try {
    migrate(db, params.clock.now());
    const named = db
      .prepare<[], string>("SELECT DISTINCT value_sha256 FROM materializations WHERE value_sha256 IS NOT NULL")
      .pluck();
    for (const hash of named.iterate()) {
      if (leftOut.has(hash)) continue;
      if (existsSync(path.join(params.directory, "values", hash.slice(0, 2), hash))) continue;
      throw unusable(params, `the value ${hash} is missing from it`);
    }
    db.prepare("UPDATE meta SET value = ? WHERE key = 'generation'").run(params.ids.uuid());
    db.prepare("UPDATE lease SET ended_at_ms = ? WHERE ended_at_ms IS NULL").run(params.clock.now());
  } finally {
    db.close();
  }
  rmSync(`${file}-wal`, { force: true });
}

function unusable({ archive }: RestoreParams, why: string, cause?: unknown): EngineError {
  return new EngineError("config", `${archive} is no whole backup: ${why}. The record is as it was`, { cause });
}
