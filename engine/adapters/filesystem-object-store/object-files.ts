import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import type { ObjectDetails } from "../../core/ports/object-store.ts";
import type { Clock } from "../../core/ports/time.ts";
import { contentTypeOf } from "./content-types.ts";
import { ABSENT_CODES, fileErrorCode, unlessAbsent } from "./file-errors.ts";
import { isSameStamp, modifiedAtMs, stampOf } from "./file-stamp.ts";
import type { FileStamp } from "./file-stamp.ts";
import { isEditorFile } from "./key-paths.ts";
import type { Layout, ObjectPlace } from "./layout.ts";
import type { ObjectRecord, ObjectRecords, RecordFiles } from "./object-records.ts";

const HASH_BUFFER_BYTES = 256 * 1024;

/**
 * A file modified so recently could be modified again without a new time stamp (file systems count time in steps of
 * some milliseconds, some network file systems of 2 s), so its ETag is computed again until it is older.
 */
const SETTLED_AGE_MS = 2000;

/** How often a file that is replaced or written in the very moment is looked at again. */
const MAX_LOOKS = 5;

/** Files of the tree as objects. */
export interface ObjectFiles {
  /** `null` where there is no object. */
  head(place: ObjectPlace, signal?: AbortSignal): Promise<ObjectDetails | null>;
  /** The same for a file whose folder is known to be no link. */
  headInFolder(place: ObjectPlace, signal?: AbortSignal): Promise<ObjectDetails | null>;
  /** An object's details with the opened file that they tell of. */
  open(place: ObjectPlace, signal?: AbortSignal): Promise<OpenedObject | null>;
}

export interface OpenedObject {
  readonly details: ObjectDetails;
  readonly stamp: FileStamp;
  readonly handle: FileHandle;
}

export interface ObjectFilesParams {
  readonly layout: Layout;
  readonly records: RecordFiles;
  readonly clock: Clock;
  /** Guards the records of a key. */
  readonly lock: <T>(place: ObjectPlace, task: () => Promise<T>) => Promise<T>;
}

/** A content's hash, with the file's stamp from after the reading. */
interface Hashed {
  readonly md5: string;
  readonly stamp: FileStamp;
}

export function objectFiles({ layout, records, clock, lock }: ObjectFilesParams): ObjectFiles {
  /** Keeps what hashing has told, unless the object has changed since. */
  const remember = (place: ObjectPlace, record: ObjectRecord): Promise<void> =>
    lock(place, async () => {
      const stats = await unlessAbsent(lstat(place.path, { bigint: true }));
      if (stats === null || !isSameStamp(stampOf(stats), record.stamp)) return;
      const known = await records.read(place.bucket, place.key);
      if (known.some((other) => isSameStamp(other.stamp, record.stamp))) return;
      const put = known.find((other) => other.origin === "put" && other.etag !== record.etag);
      await records.write(place.bucket, place.key, put === undefined ? [record] : [record, put]);
    });

  /** Takes a content that no record's stamp fits: the same as one that was put, or one made by hand. */
  const identify = async (place: ObjectPlace, known: ObjectRecords, hashed: Hashed): Promise<ObjectRecord> => {
    const { stamp, md5 } = hashed;
    const put = known.find((record) => record.origin === "put" && record.etag === md5);
    const record: ObjectRecord = put
      ? { ...put, stamp }
      : { origin: "found", stamp, etag: md5, contentType: contentTypeOf(place.key), metadata: {} };
    if (clock.now() - modifiedAtMs(stamp) >= SETTLED_AGE_MS) await remember(place, record);
    return record;
  };

  /** The record of the content with that stamp. `hash` answers `null` where the content is another by now. */
  const recordOf = async (
    place: ObjectPlace,
    stamp: FileStamp,
    hash: () => Promise<Hashed | null>,
  ): Promise<ObjectRecord | "no object" | "changed"> => {
    const recent = records.recall(place.bucket, place.key);
    const told = recent.find((record) => isSameStamp(record.stamp, stamp));
    if (told !== undefined) return told;
    const known = await records.read(place.bucket, place.key);
    const isPut = known.some((record) => record.origin === "put");
    if (!isPut && isEditorFile(basename(place.key))) return "no object";
    const exact = known.find((record) => isSameStamp(record.stamp, stamp));
    if (exact !== undefined) return exact;
    const hashed = await hash();
    return hashed === null ? "changed" : await identify(place, known, hashed);
  };

  const headInFolder = async (place: ObjectPlace, signal?: AbortSignal): Promise<ObjectDetails | null> => {
    for (let look = 1; ; look++) {
      const stats = await unlessAbsent(lstat(place.path, { bigint: true }));
      if (stats === null || !stats.isFile()) return null;
      const stamp = stampOf(stats);
      const record = await recordOf(place, stamp, async () => {
        const hashed = await hashFile(place.path, signal);
        return hashed !== null && (look >= MAX_LOOKS || isSameStamp(hashed.stamp, stamp)) ? hashed : null;
      });
      if (record === "no object") return null;
      if (record !== "changed") return detailsOf(place, record);
    }
  };

  return Object.freeze({
    headInFolder,

    async head(place: ObjectPlace, signal?: AbortSignal) {
      return (await layout.isRealFolder(place.folderPath)) ? headInFolder(place, signal) : null;
    },

    async open(place: ObjectPlace, signal?: AbortSignal) {
      if (!(await layout.isRealFolder(place.folderPath))) return null;
      for (let look = 1; ; look++) {
        const opened = await openFile(place.path);
        if (opened === null) return null;
        const { handle, stamp } = opened;
        try {
          const record = await recordOf(place, stamp, async () => {
            const hashed = await hashHandle(handle, signal);
            const now = await unlessAbsent(lstat(place.path, { bigint: true }));
            const isCurrent = now !== null && isSameStamp(stampOf(now), hashed.stamp);
            return isCurrent || look >= MAX_LOOKS ? hashed : null;
          });
          if (record === "no object") {
            await handle.close();
            return null;
          }
          if (record !== "changed") return { details: detailsOf(place, record), stamp: record.stamp, handle };
          await handle.close();
        } catch (error) {
          await handle.close();
          throw error;
        }
      }
    },
  });
}

function detailsOf(place: ObjectPlace, record: ObjectRecord): ObjectDetails {
  return {
    key: place.key,
    sizeBytes: record.stamp.sizeBytes,
    etag: record.etag,
    modifiedAtMs: modifiedAtMs(record.stamp),
    contentType: record.contentType,
    metadata: record.metadata,
  };
}

/**
 * Opens a plain file for reading; `null` for anything else. Without `O_NONBLOCK`, opening a named pipe would wait for
 * its writer.
 */
async function openFile(path: string): Promise<Pick<OpenedObject, "handle" | "stamp"> | null> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = fileErrorCode(error) ?? "";
    // ELOOP: a symbolic link. ENXIO: a socket.
    if (ABSENT_CODES.has(code) || code === "ENXIO") return null;
    throw error;
  }
  const stats = await handle.stat({ bigint: true });
  if (stats.isFile()) return { handle, stamp: stampOf(stats) };
  await handle.close();
  return null;
}

async function hashFile(path: string, signal: AbortSignal | undefined): Promise<Hashed | null> {
  const opened = await openFile(path);
  if (opened === null) return null;
  try {
    return await hashHandle(opened.handle, signal);
  } finally {
    await opened.handle.close();
  }
}

async function hashHandle(handle: FileHandle, signal: AbortSignal | undefined): Promise<Hashed> {
  const hash = createHash("md5");
  const buffer = Buffer.allocUnsafe(HASH_BUFFER_BYTES);
  for (let position = 0; ;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
  return { md5: hash.digest("hex"), stamp: stampOf(await handle.stat({ bigint: true })) };
}
