import { lstat, rename } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { ObjectDetails, ObjectMetadata } from "../../core/ports/object-store.ts";
import { bucketMissing, keyRefused } from "../object-store/object-rules.ts";
import { removeEmptyTree, removeFile, removeFolderIfEmpty } from "./durable-files.ts";
import type { SyncFolder } from "./durable-files.ts";
import { fileErrorCode, isAbsent, unlessAbsent } from "./file-errors.ts";
import { isSameStamp, modifiedAtMs, stampOf } from "./file-stamp.ts";
import type { FileStamp } from "./file-stamp.ts";
import { isEditorFile } from "./key-paths.ts";
import { makeObjectFolder } from "./layout.ts";
import type { Layout, ObjectPlace } from "./layout.ts";
import type { ObjectRecord, RecordFiles } from "./object-records.ts";

/** How often a put makes its folder again that a remove takes away as empty in the same moment. */
const MAX_COMMIT_ATTEMPTS = 5;

export interface ObjectWrites {
  /** Makes the object's folder. Throws where there is no bucket, or a file is in the folder's way. */
  prepare(place: ObjectPlace): Promise<void>;
  /** Makes a finished temporary file the object, and its record known. */
  commit(place: ObjectPlace, written: WrittenObject): Promise<ObjectDetails>;
  /** Removes the object's file, and answers the folder to be synced next: the deepest that is left above it. */
  remove(place: ObjectPlace): Promise<string | null>;
  /** Removes the record of an object whose removal has been synced. Before that, a crash could bring the file back. */
  forget(place: ObjectPlace): Promise<void>;
}

export interface WrittenObject {
  readonly path: string;
  readonly stamp: FileStamp;
  readonly etag: string;
  readonly contentType: string;
  readonly metadata: ObjectMetadata;
}

export interface ObjectWritesParams {
  readonly description: string;
  readonly layout: Layout;
  readonly records: RecordFiles;
  readonly sync: SyncFolder;
  /** Guards the records of a key. */
  readonly lock: <T>(place: ObjectPlace, task: () => Promise<T>) => Promise<T>;
}

export function objectWrites({ description, layout, records, sync, lock }: ObjectWritesParams): ObjectWrites {
  const prepare = async (place: ObjectPlace): Promise<void> => {
    if (await layout.isRealFolder(place.folderPath)) return;
    if (!(await layout.hasBucket(place.bucket))) throw bucketMissing(place.bucket, description);
    await makeObjectFolder(place, sync);
  };

  const commit = (place: ObjectPlace, written: WrittenObject): Promise<ObjectDetails> =>
    lock(place, async () => {
      const { stamp, etag, contentType, metadata } = written;
      const record: ObjectRecord = { origin: "put", stamp, etag, contentType, metadata };
      const current = await currentRecord(place, records);
      await records.write(place.bucket, place.key, current === null ? [record] : [record, current]);
      await renameInto(place, written.path, prepare);
      await sync(place.folderPath);
      const { key } = place;
      return { key, sizeBytes: stamp.sizeBytes, etag, modifiedAtMs: modifiedAtMs(stamp), contentType, metadata };
    });

  const remove = (place: ObjectPlace): Promise<string | null> =>
    lock(place, async () => {
      if (!(await layout.isRealFolder(place.folderPath))) return null;
      const stats = await unlessAbsent(lstat(place.path));
      if (stats !== null && !stats.isFile()) return null;
      if (stats !== null && (await isLeftByEditor(place, records))) return null;
      await removeFile(place.path);
      let folder = place.folderPath;
      while (folder !== place.bucketPath && (await removeFolderIfEmpty(folder))) folder = dirname(folder);
      return folder;
    });

  const forget = (place: ObjectPlace): Promise<void> =>
    lock(place, async () => {
      if ((await unlessAbsent(lstat(place.path))) === null) await records.remove(place.bucket, place.key);
    });

  return Object.freeze({ prepare, commit, remove, forget });
}

async function isLeftByEditor(place: ObjectPlace, records: RecordFiles): Promise<boolean> {
  if (!isEditorFile(basename(place.key))) return false;
  return !(await records.read(place.bucket, place.key)).some((record) => record.origin === "put");
}

/** The record of what is there now, which must stay known until the new content is in its place. */
async function currentRecord(place: ObjectPlace, records: RecordFiles): Promise<ObjectRecord | null> {
  const stats = await unlessAbsent(lstat(place.path, { bigint: true }));
  if (stats === null) return null;
  // A folder without a file in it is no object's; a crash may leave one, and so may a person.
  if (stats.isDirectory() && !(await removeEmptyTree(place.path))) throw besideFolder(place);
  const known = await records.read(place.bucket, place.key);
  const stamp = stampOf(stats);
  // Without an exact one the newest may still be told by its content's hash.
  return known.find((record) => isSameStamp(record.stamp, stamp)) ?? known[0] ?? null;
}

async function renameInto(
  place: ObjectPlace,
  from: string,
  prepare: (place: ObjectPlace) => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, place.path);
      return;
    } catch (error) {
      const code = fileErrorCode(error);
      if (code === "EISDIR" || code === "ENOTEMPTY" || code === "EEXIST") throw besideFolder(place);
      if (code === "ENAMETOOLONG") throw keyRefused(place.key, "the path of its file is too long", error);
      if (!isAbsent(error) || attempt === MAX_COMMIT_ATTEMPTS) throw error;
      await prepare(place);
    }
  }
}

function besideFolder(place: ObjectPlace): Error {
  return keyRefused(place.key, `there are objects below ${JSON.stringify(`${place.key}/`)} already`);
}
