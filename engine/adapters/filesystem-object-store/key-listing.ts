import { opendir } from "node:fs/promises";
import type { Dir } from "node:fs";
import { sortUtf8 } from "../../core/utf8-order.ts";
import { unlessAbsent } from "./file-errors.ts";
import { isEditorFile, isFolderPrefix, keyFault, splitPrefix } from "./key-paths.ts";
import { isRealFolder } from "./layout.ts";

/** How many keys are handed on at a time. */
export const LISTING_WINDOW_KEYS = 64;

/** Entries read from a folder with one call of the system. */
const FOLDER_READ_ENTRIES = 1024;

export interface KeyListingParams {
  readonly bucketPath: string;
  readonly prefix: string;
  readonly signal?: AbortSignal | undefined;
}

/** A folder on the way: its names in order, those of folders with a `/` behind. */
interface Frame {
  readonly folder: string;
  readonly names: readonly string[];
  next: number;
}

/**
 * The keys of a bucket's files below a prefix, in UTF-8 order, in windows. A folder's name is sorted with its `/`:
 * `a-b` comes before `a/x`, and `a/x` before `a0`, as in a listing of S3. Holds the names of the folders on the way
 * from the bucket to the current file, and no others.
 */
export async function* listKeys(params: KeyListingParams): AsyncGenerator<readonly string[], void, undefined> {
  const { bucketPath, prefix, signal } = params;
  const { folder, nameStart } = splitPrefix(prefix);
  if (!(await canHoldKeys(bucketPath, folder))) return;

  const enter = async (folder: string, nameStart: string): Promise<Frame> => {
    const names = await sortedNames(`${bucketPath}/${folder}`, nameStart);
    return { folder, names, next: 0 };
  };

  const frames = [await enter(folder, nameStart)];
  let window: string[] = [];
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    signal?.throwIfAborted();
    const name = frame.names[frame.next++];
    if (name === undefined) {
      frames.pop();
    } else if (name.endsWith("/")) {
      frames.push(await enter(frame.folder + name, ""));
    } else {
      const key = frame.folder + name;
      // Too deep for a key, or not UTF-8: nothing could ask for it.
      if (keyFault(key) === null) window.push(key);
      if (window.length === LISTING_WINDOW_KEYS) {
        yield window;
        window = [];
      }
    }
  }
  if (window.length > 0) yield window;
}

/** The folders right below a prefix that is empty or ends in `/`, each with a `/` behind, empty ones among them. */
export async function listSubfolders(params: KeyListingParams): Promise<readonly string[]> {
  const { bucketPath, prefix } = params;
  if (!(await canHoldKeys(bucketPath, prefix))) return [];
  const names = await sortedNames(`${bucketPath}/${prefix}`, "");
  return names.filter((name) => name.endsWith("/"));
}

/**
 * Looks for an object below a folder and stops at the first. `isObject` is asked only about names that an editor may
 * have left.
 */
export async function holdsObject(
  params: KeyListingParams,
  isObject: (key: string) => Promise<boolean>,
): Promise<boolean> {
  const { bucketPath, prefix, signal } = params;
  const folders: string[] = [];
  const entries = await openFolder(`${bucketPath}/${prefix}`);
  if (entries === null) return false;
  for await (const entry of entries) {
    signal?.throwIfAborted();
    const key = prefix + entry.name;
    if (entry.isDirectory()) folders.push(`${key}/`);
    if (entry.isFile() && keyFault(key) === null && (!isEditorFile(entry.name) || (await isObject(key)))) return true;
  }
  for (const folder of folders) {
    if (await holdsObject({ bucketPath, prefix: folder, signal }, isObject)) return true;
  }
  return false;
}

async function canHoldKeys(bucketPath: string, folder: string): Promise<boolean> {
  return isFolderPrefix(folder) && isRealFolder(`${bucketPath}/${folder}`.slice(0, -1));
}

async function sortedNames(path: string, nameStart: string): Promise<string[]> {
  const names: string[] = [];
  const entries = await openFolder(path);
  if (entries === null) return names;
  for await (const entry of entries) {
    // Links are not followed, and pipes, sockets and devices are no objects.
    if (!entry.isFile() && !entry.isDirectory()) continue;
    if (entry.name.startsWith(nameStart)) names.push(entry.isDirectory() ? `${entry.name}/` : entry.name);
  }
  return sortUtf8(names);
}

function openFolder(path: string): Promise<Dir | null> {
  return unlessAbsent(opendir(path, { bufferSize: FOLDER_READ_ENTRIES }));
}
