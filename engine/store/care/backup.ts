import { createReadStream, readdirSync, rmSync } from "node:fs";
import { rm, stat, statfs } from "node:fs/promises";
import path from "node:path";
import { pipeline, type Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { pack, type Pack } from "tar-stream";
import { EngineError } from "../../core/errors.ts";
import type { IdSource } from "../../core/ports/time.ts";
import { checkedCopy } from "./care-thread.ts";
import { corruptError } from "./repair.ts";
import { openReadOnly } from "../database.ts";
import { hashOfFile } from "../values.ts";

/** What a backup says of itself, first in the archive. */
export interface BackupManifest {
  readonly format: 1;
  readonly project: string;
  readonly createdAt: string;
  readonly generation: string;
  /** The newest event that is in it. */
  readonly newestSeq: number;
  readonly values: number;
  /** Values that the database names and that were gone or damaged; archives of before have no such field. */
  readonly leftOut?: readonly string[];
}

export const BACKUP_FORMAT = 1;
export const MANIFEST_FILE = "manifest.json";
export const DATABASE_ENTRY = "sheaf.db";

export interface BackupParams {
  readonly directory: string;
  readonly file: string;
  readonly project: string;
  readonly createdAt: string;
  readonly ids: IdSource;
  /** Keeps values from being collected until it is disposed. */
  readonly holdValues: () => Disposable;
  /** Told of values that are gone or damaged, and left out. */
  readonly onProblem: (error: EngineError) => void;
}

/** Left over after the copy, so that the record itself does not run out of disk. */
const MARGIN_BYTES = 64 * 1024 * 1024;
/** Most of a record compresses well, and the engine has other work: the fastest level. */
const GZIP_LEVEL = 1;
const DATABASE_FILES = ["", "-wal", "-shm"];
const LEFT = /^(?:backup-.*|restoring)\.db(?:-wal|-shm|-journal)?$/;

/**
 * The record as it is at one moment, as a compressed archive: the database and every value that it names. The engine
 * goes on meanwhile. The copy is checked before the first byte is handed out; who breaks off destroys the stream.
 * A value that is gone or damaged is told and left out: one that an old run made could not be had again, and would keep
 * the record from being backed up for as long as the run is kept.
 *
 * Throws `conflict` where the disk has no room for the copy, `corrupt` where the copy is not sound.
 */
export async function backupRecord(params: BackupParams): Promise<Readable> {
  const held = params.holdValues();
  const copy = path.join(params.directory, `backup-${params.ids.uuid()}.db`);
  const discard = async (): Promise<void> => {
    held[Symbol.dispose]();
    for (const end of DATABASE_FILES) await rm(`${copy}${end}`, { force: true });
  };
  try {
    await refuseWithoutRoom(params);
    const { findings, hashes, generation, newestSeq } = await checkedCopy(params.file, copy);
    if (findings.length > 0) throw corruptError(`the copy of ${params.file} is damaged (${findings.join("; ")})`);
    const { project, createdAt } = params;
    const values = path.join(params.directory, "values");
    const leftOut = await unsoundValues(values, hashes);
    if (leftOut.length > 0) params.onProblem(leftOutProblem(copy, leftOut));
    const unsound = new Set(leftOut);
    const sound = hashes.filter((hash) => !unsound.has(hash));
    const manifest: BackupManifest = {
      format: BACKUP_FORMAT,
      project,
      createdAt,
      generation,
      newestSeq,
      values: sound.length,
      leftOut,
    };
    const archive = pack();
    const compressed = createGzip({ level: GZIP_LEVEL });
    pipeline(archive, compressed, () => void discard());
    fill(archive, { manifest, copy, hashes: sound, values }).catch((error: unknown) =>
      archive.destroy(error instanceof Error ? error : new Error(String(error))),
    );
    return compressed;
  } catch (error) {
    await discard();
    throw error;
  }
}

/**
 * Removes what a backup or a restore left that was killed. To be called under the directory's lock. In one go, like all of a
 * record's opening: a simulation has no part in what the file system answers later.
 */
export function removeLeftCopies(directory: string): void {
  for (const name of readdirSync(directory)) if (LEFT.test(name)) rmSync(path.join(directory, name));
}

async function refuseWithoutRoom({ directory, file }: BackupParams): Promise<void> {
  const { size } = await stat(file);
  const wal = await stat(`${file}-wal`).catch(() => ({ size: 0 }));
  const { bavail, bsize } = await statfs(directory);
  const neededBytes = size + wal.size + MARGIN_BYTES;
  if (bavail * bsize >= neededBytes) return;
  throw new EngineError(
    "conflict",
    `a backup first copies the database, which takes ${neededBytes} bytes in ${directory}; only ${bavail * bsize} are free`,
  );
}

function placeOf(hash: string): string {
  return path.posix.join(hash.slice(0, 2), hash);
}

async function unsoundValues(values: string, hashes: readonly string[]): Promise<readonly string[]> {
  const unsound: string[] = [];
  for (const hash of hashes) if ((await hashOfFile(path.join(values, placeOf(hash)))) !== hash) unsound.push(hash);
  return unsound;
}

/** How many values are named by who made them. */
const NAMED = 5;

function leftOutProblem(copy: string, hashes: readonly string[]): EngineError {
  const named = hashes.slice(0, NAMED).map((hash) => `${makerOf(copy, hash)}: values/${placeOf(hash)}`);
  const more = hashes.length > NAMED ? ` and ${hashes.length - NAMED} more` : "";
  const message = `a backup leaves out values that are gone or damaged on the disk (${named.join("; ")}${more}); materialize again what still needs them`;
  return new EngineError("corrupt", message, { details: { hashes: hashes.slice(0, NAMED) } });
}

function makerOf(copy: string, hash: string): string {
  const db = openReadOnly(copy);
  try {
    const row = db
      .prepare<[string], { asset: string; partition: string | null; run: string }>(
        "SELECT a.key AS asset, p.key AS partition, m.run_uid AS run FROM materializations m " +
          "JOIN assets a ON a.id = m.asset_id LEFT JOIN partitions p ON p.id = m.partition_id AND m.partition_id <> 0 " +
          "WHERE m.value_sha256 = ? ORDER BY m.id DESC LIMIT 1",
      )
      .get(hash);
    return row === undefined
      ? ""
      : `${row.asset}${row.partition === null ? "" : ` ${row.partition}`} of run ${row.run}`;
  } finally {
    db.close();
  }
}

interface Contents {
  readonly manifest: BackupManifest;
  readonly copy: string;
  readonly hashes: readonly string[];
  readonly values: string;
}

async function fill(archive: Pack, { manifest, copy, hashes, values }: Contents): Promise<void> {
  await addText(archive, { name: MANIFEST_FILE, text: `${JSON.stringify(manifest, null, 2)}\n` });
  await addFile(archive, { name: DATABASE_ENTRY, file: copy });
  for (const end of DATABASE_FILES) await rm(`${copy}${end}`, { force: true });
  for (const hash of hashes) {
    const place = placeOf(hash);
    await addFile(archive, { name: `values/${place}`, file: path.join(values, place) });
  }
  archive.finalize();
}

function addText(archive: Pack, { name, text }: { name: string; text: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry({ name, mode: 0o600 }, text, (error) => (error == null ? resolve() : reject(error)));
  });
}

async function addFile(archive: Pack, { name, file }: { name: string; file: string }): Promise<void> {
  const { size } = await stat(file);
  const source = createReadStream(file);
  try {
    await new Promise<void>((resolve, reject) => {
      const entry = archive.entry({ name, size, mode: 0o600 }, (error) => (error == null ? resolve() : reject(error)));
      entry.once("error", reject);
      source.once("error", reject);
      source.pipe(entry);
    });
  } finally {
    // An archive that breaks off leaves what it was read from open, and a removed file with its room on the disk.
    source.destroy();
  }
}
