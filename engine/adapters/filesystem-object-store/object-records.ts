import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { ObjectMetadata } from "../../core/ports/object-store.ts";
import { makeFolder, removeFile, removeFolderIfEmpty } from "./durable-files.ts";
import type { SyncFolder } from "./durable-files.ts";
import { isAbsent, unlessAbsent } from "./file-errors.ts";
import type { FileStamp } from "./file-stamp.ts";
import type { Layout } from "./layout.ts";
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

/** Two records with 2 kB of metadata each fit several times. What is longer is not the store's. */
const MAX_RECORD_FILE_BYTES = 32 * 1024;

/** Most record files fit into this; a buffer of less than half of Node's 8 kB pool costs no allocation. */
const USUAL_RECORD_FILE_BYTES = 4000;

/** How often a folder is made again that another call removes as empty in the same moment. */
const MAX_FOLDER_ATTEMPTS = 5;

/** One small JSON file an object, in a tree of their own. */
export interface RecordFiles {
  /** Empty for an object of which the store knows nothing. */
  read(bucket: string, key: string): Promise<ObjectRecords>;
  write(bucket: string, key: string, records: ObjectRecords): Promise<void>;
  remove(bucket: string, key: string): Promise<void>;
}

export interface RecordFilesParams {
  readonly layout: Layout;
  readonly temporary: TemporaryFiles;
  readonly sync: SyncFolder;
}

export function recordFiles({ layout, temporary, sync }: RecordFilesParams): RecordFiles {
  const renameInto = async (written: string, path: string): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        await rename(written, path);
        return;
      } catch (error) {
        if (!isAbsent(error) || attempt === MAX_FOLDER_ATTEMPTS) throw error;
        await makeFolder(dirname(path), sync);
      }
    }
  };

  return Object.freeze({
    async read(bucket: string, key: string) {
      const text = await unlessAbsent(readSmallFile(await layout.recordPath(bucket, key)));
      return text === null ? [] : parseRecords(text);
    },

    async write(bucket: string, key: string, records: ObjectRecords) {
      const path = await layout.recordPath(bucket, key);
      const folder = dirname(path);
      const kept = records.slice(0, MAX_RECORDS);
      // ETags of found files can be computed again; metadata cannot.
      const durable = kept.some((record) => record.origin === "put");
      const written = await temporary.write(JSON.stringify({ key, records: kept }), durable);
      try {
        await renameInto(written, path);
      } catch (error) {
        await removeFile(written);
        throw error;
      }
      if (durable) await sync(folder);
    },

    async remove(bucket: string, key: string) {
      const path = await layout.recordPath(bucket, key);
      await removeFile(path);
      await removeFolderIfEmpty(dirname(path));
    },
  });
}

async function readSmallFile(path: string): Promise<string> {
  const handle = await open(path, "r");
  try {
    const usual = Buffer.allocUnsafe(USUAL_RECORD_FILE_BYTES);
    const { bytesRead } = await handle.read(usual, 0, usual.length, 0);
    if (bytesRead < usual.length) return usual.toString("utf8", 0, bytesRead);
    const whole = Buffer.allocUnsafe(MAX_RECORD_FILE_BYTES);
    const again = await handle.read(whole, 0, whole.length, 0);
    return whole.toString("utf8", 0, again.bytesRead);
  } finally {
    await handle.close();
  }
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
