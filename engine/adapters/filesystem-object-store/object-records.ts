import { open } from "node:fs/promises";
import { dirname } from "node:path";
import type { ObjectMetadata } from "../../core/ports/object-store.ts";
import { removeFile, removeFolderIfEmpty } from "./durable-files.ts";
import type { SyncFolder } from "./durable-files.ts";
import { unlessAbsent } from "./file-errors.ts";
import type { FileStamp } from "./file-stamp.ts";
import type { Layout } from "./layout.ts";
import { MAX_RECORD_FILE_BYTES, recordLineStart, recordRounds, renameInto } from "./record-rounds.ts";
import type { TemporaryFiles } from "./temporary-files.ts";

/** What the store knows of one content of an object. */
export interface ObjectRecord {
  /** `put`: written through the store. `found`: dropped in or edited by hand; only its ETag is worth keeping. */
  readonly origin: "put" | "found";
  readonly stamp: FileStamp;
  /** MD5 of the content, hexadecimal. */
  readonly etag: string;
  readonly contentType: string;
  readonly metadata: ObjectMetadata;
}

/**
 * The newest first. A put writes its record, with the one before it, *before* the content takes its place: whichever
 * content a crash leaves, one of the two is its record.
 */
export type ObjectRecords = readonly ObjectRecord[];

const MAX_RECORDS = 2;

const NEWLINE = 0x0a;

/** Objects whose records stay in memory: who lists objects reads them next, window by window. */
const MAX_RECENT_RECORDS = 256;

/** A small file an object, in a tree of their own. Objects that were put together share one: `record-rounds.ts`. */
export interface RecordFiles {
  /** Empty for an object of which the store knows nothing. */
  read(bucket: string, key: string): Promise<ObjectRecords>;
  /** What was read of the object lately; empty where it was not, or has been written since. */
  recall(bucket: string, key: string): ObjectRecords;
  write(bucket: string, key: string, records: ObjectRecords): Promise<void>;
  remove(bucket: string, key: string): Promise<void>;
}

export interface RecordFilesParams {
  readonly layout: Layout;
  readonly temporary: TemporaryFiles;
  readonly sync: SyncFolder;
}

export function recordFiles({ layout, temporary, sync }: RecordFilesParams): RecordFiles {
  const rounds = recordRounds({ temporary, sync });
  const recent = recentRecords();
  const spareBuffers: Buffer[] = [];

  /** The object's line in its record file; `null` where there is none. */
  const readLine = async (path: string, key: string): Promise<string | null> => {
    const handle = await open(path, "r");
    const buffer = spareBuffers.pop() ?? Buffer.allocUnsafeSlow(MAX_RECORD_FILE_BYTES);
    try {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      return lineOf(buffer.subarray(0, bytesRead), key);
    } finally {
      spareBuffers.push(buffer);
      await handle.close();
    }
  };

  return Object.freeze({
    async read(bucket: string, key: string) {
      const keep = recent.reading(bucket, key);
      const text = await unlessAbsent(readLine(await layout.recordPath(bucket, key), key));
      const records = text === null ? [] : parseRecords(text);
      keep(records);
      return records;
    },

    recall: (bucket: string, key: string) => recent.recall(bucket, key),

    async write(bucket: string, key: string, records: ObjectRecords) {
      const path = await layout.recordPath(bucket, key);
      const kept = records.slice(0, MAX_RECORDS);
      const line = `${recordLineStart(key)}${JSON.stringify(kept)}}\n`;
      // ETags of found files can be computed again; metadata cannot.
      if (kept.some((record) => record.origin === "put")) await rounds.write({ bucket, path, line });
      else await renameInto(await temporary.write(line, false), path, sync);
      // Not before: what is read meanwhile may be the old record.
      recent.forget(bucket, key);
    },

    async remove(bucket: string, key: string) {
      const path = await layout.recordPath(bucket, key);
      await removeFile(path);
      recent.forget(bucket, key);
      await removeFolderIfEmpty(dirname(path));
    },
  });
}

interface RecentRecords {
  recall(bucket: string, key: string): ObjectRecords;
  /** Begins a reading; what it finds is kept with the answered call, unless something is written meanwhile. */
  reading(bucket: string, key: string): (found: ObjectRecords) => void;
  forget(bucket: string, key: string): void;
}

function recentRecords(): RecentRecords {
  const kept = new Map<string, ObjectRecords>();
  let writes = 0;
  const nameOf = (bucket: string, key: string): string => `${bucket}/${key}`;
  return {
    recall: (bucket, key) => kept.get(nameOf(bucket, key)) ?? [],
    reading: (bucket, key) => {
      const writesBefore = writes;
      return (found) => {
        if (found.length === 0 || writes !== writesBefore) return;
        const [oldest] = kept.keys();
        if (kept.size >= MAX_RECENT_RECORDS && oldest !== undefined) kept.delete(oldest);
        kept.set(nameOf(bucket, key), found);
      };
    },
    forget: (bucket, key) => {
      writes += 1;
      kept.delete(nameOf(bucket, key));
    },
  };
}

function lineOf(file: Buffer, key: string): string | null {
  const start = recordLineStart(key);
  for (let at = file.indexOf(start); at !== -1; at = file.indexOf(start, at + 1)) {
    if (at > 0 && file[at - 1] !== NEWLINE) continue;
    const end = file.indexOf(NEWLINE, at);
    return file.toString("utf8", at, end === -1 ? file.length : end);
  }
  return null;
}

/** A record file that does not parse (a disk's fault, someone's edit) counts as none: the object is then as found. */
function parseRecords(text: string): ObjectRecords {
  try {
    const { records } = JSON.parse(text) as { readonly records?: unknown };
    return Array.isArray(records) && records.every(isRecord) ? records : [];
  } catch {
    return [];
  }
}

function isRecord(value: unknown): value is ObjectRecord {
  if (typeof value !== "object" || value === null) return false;
  const { origin, stamp, etag, contentType, metadata } = value as Partial<Record<keyof ObjectRecord, unknown>>;
  const hasStamp = typeof stamp === "object" && stamp !== null && "inode" in stamp;
  const hasWords = typeof etag === "string" && typeof contentType === "string";
  return (
    (origin === "put" || origin === "found") &&
    hasStamp &&
    hasWords &&
    typeof metadata === "object" &&
    metadata !== null
  );
}
