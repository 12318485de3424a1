import { hash } from "node:crypto";
import { lstat, mkdir, realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { keyRefused } from "../object-store/object-rules.ts";
import { makeFolder } from "./durable-files.ts";
import type { SyncFolder } from "./durable-files.ts";
import { fileErrorCode, unlessAbsent } from "./file-errors.ts";
import { splitPrefix } from "./key-paths.ts";

/**
 * Beside the buckets, in a folder that no bucket can be named like: `temporary/` for files being written and
 * `records/<bucket>/` for what the store knows of its objects.
 */
const STORE_FOLDER = ".sheaf-store";

/** Where an object's file is. */
export interface ObjectPlace {
  readonly bucket: string;
  readonly key: string;
  readonly bucketPath: string;
  readonly folderPath: string;
  readonly path: string;
}

/** Which file of the store holds what. Nothing it does follows a symbolic link below a bucket. */
export interface Layout {
  /** The store's folder with all links above it resolved; made where it is missing. */
  root(): Promise<string>;
  bucketPath(bucket: string): Promise<string>;
  hasBucket(bucket: string): Promise<boolean>;
  /** Where a key's file is. The key has been checked. */
  place(bucket: string, key: string): Promise<ObjectPlace>;
  /** Where the record of an object is. */
  recordPath(bucket: string, key: string): Promise<string>;
  temporaryFolder(): Promise<string>;
  /** Whether the folder is there and no part of its path is a link. */
  isRealFolder(folderPath: string): Promise<boolean>;
}

/** Folders of which the hash is kept: those of the objects that are written and read at the time. */
const MAX_KEPT_HASHES = 64;

export function storeLayout(directory: string): Layout {
  const given = resolve(directory);
  let found: Promise<string> | null = null;

  const findRoot = async (): Promise<string> => {
    try {
      await mkdir(given, { recursive: true, mode: 0o700 });
      return await realpath(given);
    } catch (error) {
      found = null;
      throw error;
    }
  };
  const root = (): Promise<string> => (found ??= findRoot());
  const bucketPath = async (bucket: string): Promise<string> => `${await root()}/${bucket}`;
  const hashes = new Map<string, string>();
  const hashOf = (folder: string): string => {
    const known = hashes.get(folder);
    if (known !== undefined) return known;
    if (hashes.size >= MAX_KEPT_HASHES) hashes.clear();
    const made = hash("sha256", folder).slice(0, 32);
    hashes.set(folder, made);
    return made;
  };
  const checks = new Map<string, Promise<boolean>>();

  return Object.freeze({
    root,
    bucketPath,
    async hasBucket(bucket: string) {
      return (await unlessAbsent(lstat(await bucketPath(bucket))))?.isDirectory() ?? false;
    },
    async place(bucket: string, key: string) {
      const path = await bucketPath(bucket);
      const { folder } = splitPrefix(key);
      return { bucket, key, bucketPath: path, folderPath: `${path}/${folder}`.slice(0, -1), path: `${path}/${key}` };
    },
    async recordPath(bucket: string, key: string) {
      const { folder, nameStart: name } = splitPrefix(key);
      // By hash, so that neither the depth of a key nor `a` beside a former `a/b` can be in the way.
      return `${await root()}/${STORE_FOLDER}/records/${bucket}/${hashOf(folder)}/${name}`;
    },
    async temporaryFolder() {
      return `${await root()}/${STORE_FOLDER}/temporary`;
    },
    async isRealFolder(folderPath: string) {
      // Calls about one folder share the look that is under way. Where it found none, one may have been made since.
      if ((await checks.get(folderPath)) === true) return true;
      const check = isRealFolder(folderPath).finally(() => {
        if (checks.get(folderPath) === check) checks.delete(folderPath);
      });
      checks.set(folderPath, check);
      return check;
    },
  });
}

/** Whether the folder is there and no part of its path is a link. (With the slash, a file there is an error.) */
export async function isRealFolder(folderPath: string): Promise<boolean> {
  return (await unlessAbsent(realpath(`${folderPath}/`))) === folderPath;
}

/**
 * Makes the folder of an object to be written in a bucket that is there. Throws `object_key_refused` where a file or
 * a link is in its way.
 */
export async function makeObjectFolder(place: ObjectPlace, sync: SyncFolder): Promise<void> {
  const { bucketPath, folderPath, key } = place;
  for (let end = folderPath.indexOf("/", bucketPath.length + 1); ; end = folderPath.indexOf("/", end + 1)) {
    const part = end === -1 ? folderPath : folderPath.slice(0, end);
    const stats = await unlessAbsent(lstat(part));
    if (stats === null) break;
    const shown = part.slice(bucketPath.length + 1);
    if (stats.isSymbolicLink()) throw keyRefused(key, `${JSON.stringify(shown)} is a symbolic link`);
    if (!stats.isDirectory()) throw keyRefused(key, `there is an object ${JSON.stringify(shown)} already`);
    if (end === -1) return;
  }
  try {
    await makeFolder(folderPath, sync);
  } catch (error) {
    const isPathFault = ["ENAMETOOLONG", "ENOTDIR", "EEXIST"].includes(fileErrorCode(error) ?? "");
    throw isPathFault ? keyRefused(key, "the file system does not hold a path like that", error) : error;
  }
}
