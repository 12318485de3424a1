import { link, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder, removeFile } from "./durable-files.ts";
import type { SyncFolder } from "./durable-files.ts";
import { fileErrorCode, isAbsent } from "./file-errors.ts";
import type { TemporaryFiles } from "./temporary-files.ts";

/**
 * What is read of a record file, so also what a round may write. One object's records with 2 kB of metadata each fit
 * several times.
 */
export const MAX_RECORD_FILE_BYTES = 32 * 1024;

/** Reading one object's record reads the whole file of its round. */
export const MAX_ROUND_RECORDS = 16;

/** How often a folder is made again that another call removes as empty in the same moment. */
const MAX_FOLDER_ATTEMPTS = 5;

/** What file systems say that hold one name a file, or no more names of this one. */
const NO_LINK_CODES = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]);

/** How the line of an object begins in a record file; its records follow, and `}`. */
export function recordLineStart(key: string): string {
  return `{"key":${JSON.stringify(key)},"records":`;
}

export interface RecordWrite {
  readonly bucket: string;
  /** Where the record belongs. */
  readonly path: string;
  /** Begins with `recordLineStart`, ends with the only newline in it. */
  readonly line: string;
}

/** Group commit of records. */
export interface RecordRounds {
  /** Resolves when the record is in its place and would outlive a power cut. No two of one path at a time. */
  write(record: RecordWrite): Promise<void>;
}

export interface RecordRoundsParams {
  readonly temporary: TemporaryFiles;
  readonly sync: SyncFolder;
}

interface WaitingWrite extends RecordWrite {
  readonly done: PromiseWithResolvers<void>;
}

/**
 * Records that are to be written at the same time share a round: their lines go into one file, which is synced once
 * and then gets a name (a hard link) at each record's place. A file lives until the last of its records is replaced
 * or removed. Nobody waits for company: a record that comes alone is a round of its own, and those that come while a
 * file is being synced are the next one. Buckets do not share rounds, as a line tells the key only.
 */
export function recordRounds({ temporary, sync }: RecordRoundsParams): RecordRounds {
  const waiting = new Map<string, WaitingWrite[]>();

  const runRounds = async (bucket: string, queue: WaitingWrite[]): Promise<void> => {
    while (queue.length > 0) {
      const round = queue.splice(0, roundSize(queue));
      try {
        const file = await temporary.write(round.map(({ line }) => line).join(""), true);
        // The next file is written while this one gets its names.
        void place(file, round);
      } catch (error) {
        for (const { done } of round) done.reject(error);
      }
    }
    waiting.delete(bucket);
  };

  const place = async (file: string, round: readonly WaitingWrite[]): Promise<void> => {
    const [last, ...others] = round.toReversed();
    await Promise.all(others.map((record) => settle(record, () => nameFor(record, file))));
    if (last !== undefined) await settle(last, () => renameInto(file, last.path, sync));
  };

  const settle = async ({ path, done }: WaitingWrite, name: () => Promise<void>): Promise<void> => {
    try {
      await name();
      await sync(dirname(path));
      done.resolve();
    } catch (error) {
      done.reject(error);
    }
  };

  /** Gives the file of a round one more name: the record's place, where there may be an older record. */
  const nameFor = async ({ path, line }: RecordWrite, file: string): Promise<void> => {
    try {
      await link(file, path);
    } catch (error) {
      const code = fileErrorCode(error) ?? "";
      if (NO_LINK_CODES.has(code)) return renameInto(await temporary.write(line, true), path, sync);
      if (code !== "EEXIST" && !isAbsent(error)) throw error;
      await renameInto(await temporary.linkTo(file), path, sync);
    }
  };

  return Object.freeze({
    write({ bucket, path, line }: RecordWrite): Promise<void> {
      const record: WaitingWrite = { bucket, path, line, done: Promise.withResolvers<void>() };
      const queue = waiting.get(bucket);
      if (queue !== undefined) {
        queue.push(record);
      } else {
        const started = [record];
        waiting.set(bucket, started);
        void runRounds(bucket, started);
      }
      return record.done.promise;
    },
  });
}

/** As many of the waiting records as go into one file; at least the first. */
function roundSize(queue: readonly RecordWrite[]): number {
  let size = 0;
  let bytes = 0;
  for (const { line } of queue.slice(0, MAX_ROUND_RECORDS)) {
    bytes += Buffer.byteLength(line);
    if (size > 0 && bytes > MAX_RECORD_FILE_BYTES) break;
    size += 1;
  }
  return size;
}

/** Puts a temporary file at a record's place, whose folder may have to be made. Removes it where that fails. */
export async function renameInto(written: string, path: string, sync: SyncFolder): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(written, path);
      return;
    } catch (error) {
      if (!isAbsent(error) || attempt === MAX_FOLDER_ATTEMPTS) {
        await removeFile(written);
        throw error;
      }
      await makeFolder(dirname(path), sync);
    }
  }
}
