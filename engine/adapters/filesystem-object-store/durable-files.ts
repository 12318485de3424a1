import { mkdir, open, opendir, rmdir, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { fileErrorCode, isAbsent } from "./file-errors.ts";

/** Makes what happened in a folder (files made, renamed, removed) outlive a power cut. */
export type SyncFolder = (folder: string) => Promise<void>;

/**
 * Syncs folders, one call at a time for each: who asks while one runs shares the next with all others who ask, so
 * that many writers of one folder pay for few syncs.
 */
export function folderSync(): SyncFolder {
  const running = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<void>>();

  const start = (folder: string): Promise<void> => {
    next.delete(folder);
    const call = syncFolder(folder).finally(() => {
      if (running.get(folder) === call) running.delete(folder);
    });
    running.set(folder, call);
    return call;
  };

  return (folder) => {
    const joined = next.get(folder);
    if (joined !== undefined) return joined;
    const current = running.get(folder);
    if (current === undefined) return start(folder);
    const following = current.then(
      () => start(folder),
      () => start(folder),
    );
    next.set(folder, following);
    return following;
  };
}

async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    // A folder that is gone has nothing to keep. EINVAL: some network file systems cannot sync a folder.
    if (!isAbsent(error) && fileErrorCode(error) !== "EINVAL") throw error;
  }
}

/** Makes a folder and what is missing above it, durably, for their owner alone. */
export async function makeFolder(folder: string, sync: SyncFolder): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    await sync(dirname(made));
    if (made === first) return;
  }
}

export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/** Removes a folder and the folders in it where there is no file in any; says whether it is gone. */
export async function removeEmptyTree(folder: string): Promise<boolean> {
  try {
    for await (const entry of await opendir(folder)) {
      if (!entry.isDirectory() || !(await removeEmptyTree(`${folder}/${entry.name}`))) return false;
    }
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return removeFolderIfEmpty(folder);
}

/** Removes a folder that is empty; says whether it is gone. */
export async function removeFolderIfEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    if (fileErrorCode(error) === "ENOENT") return true;
    if (["ENOTEMPTY", "EEXIST", "ENOTDIR", "EBUSY"].includes(fileErrorCode(error) ?? "")) return false;
    throw error;
  }
}
