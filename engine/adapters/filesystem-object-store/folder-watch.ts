import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { lstat, opendir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Clock } from "../../core/ports/time.ts";
import { unlessAbsent } from "./file-errors.ts";
import { isEditorFile } from "./key-paths.ts";
import { isRealFolder } from "./layout.ts";

/** Events are gathered for so long before the change is told: an editor's save is several of them. */
export const GATHER_MS = 50;

/** So long after the system refused a watch (there is a limit on them), it is tried again. */
const RETRY_MS = 5000;

/** A prefix with more folders below it is watched in part; polling has to find what is changed in the rest. */
export const MAX_WATCHED_FOLDERS = 256;

export interface FolderWatchParams {
  /** The folder that exists for certain; nothing above it is looked at. */
  readonly rootPath: string;
  /** The folder to be watched, at or below the root; it need not exist yet. */
  readonly folderPath: string;
  /** Only names in the folder that begin so count. */
  readonly nameStart: string;
  readonly clock: Clock;
  readonly onChange: () => void;
}

interface Watched {
  readonly inode: bigint;
  readonly watcher: FSWatcher;
}

/**
 * Tells of changes in a folder and the folders below it, by the operating system's notices. While the folder is
 * missing, the deepest one that is there is watched in its place. It is a hint: what goes wrong with it is tried again
 * or left to polling, and is never thrown.
 */
export async function watchFolder(params: FolderWatchParams): Promise<Disposable> {
  const { folderPath, nameStart, clock, onChange } = params;
  const watched = new Map<string, Watched>();
  const disposal = new AbortController();
  const state = {
    /** Something happened since the last look. */
    isStirred: false,
    /** It counts as a change below the prefix. */
    isChanged: false,
    /** The system refused a watch, or the look failed. */
    isRefused: false,
    /** Rounds of looking are going on. */
    isFollowing: false,
  };

  const isBelow = (path: string): boolean => path === folderPath || path.startsWith(`${folderPath}/`);

  const onEvent = (path: string, name: string | null): void => {
    const isCounted = name === null || (!isEditorFile(name) && (path !== folderPath || name.startsWith(nameStart)));
    if (isBelow(path) && isCounted) state.isChanged = true;
    // A folder that is removed or renamed is told by its own name, and never heard of again. Its inode says nothing:
    // file systems give it to what is made next.
    if (name === basename(path)) close(path);
    state.isStirred = true;
    follow();
  };

  const open = (path: string, inode: bigint): void => {
    try {
      const watcher = watch(path, { persistent: false }, (_event, name) => onEvent(path, name));
      watcher.on("error", () => {
        close(path);
        state.isRefused = true;
        follow();
      });
      watched.set(path, { inode, watcher });
    } catch {
      state.isRefused = true;
    }
  };

  const close = (path: string): void => {
    watched.get(path)?.watcher.close();
    watched.delete(path);
  };

  /** Brings the watches in line with the folders that are there; says whether a folder of the prefix is new. */
  const align = async (): Promise<boolean> => {
    state.isRefused = false;
    const wanted = await foldersToWatch(params);
    for (const [path, { inode }] of watched) {
      if (wanted.get(path) !== inode) close(path);
    }
    let isNew = false;
    for (const [path, inode] of wanted) {
      if (watched.has(path) || disposal.signal.aborted) continue;
      open(path, inode);
      isNew ||= isBelow(path);
      // What was made between the look and the watch gave no notice, so another look follows.
      state.isStirred = true;
    }
    return isNew;
  };

  /** Starts the rounds of looking, where none are going on. */
  const follow = (): void => {
    if (state.isFollowing || disposal.signal.aborted) return;
    state.isFollowing = true;
    void rounds().finally(() => {
      state.isFollowing = false;
    });
  };

  const rounds = async (): Promise<void> => {
    while (state.isStirred || state.isRefused) {
      const isOver = await clock.sleep(state.isStirred ? GATHER_MS : RETRY_MS, disposal.signal).then(
        () => false,
        () => true,
      );
      if (isOver) return;
      // Both are taken before the look, so that what happens during it makes another round.
      const isDue = state.isChanged;
      state.isStirred = false;
      state.isChanged = false;
      const isNew = await align().catch(refused);
      if (disposal.signal.aborted) return;
      if (isDue || isNew) onChange();
    }
  };

  /** A look that failed: folders came and went under it, or the system is out of handles. */
  const refused = (): boolean => {
    state.isRefused = true;
    return false;
  };

  await align().catch(refused);
  follow();
  return {
    [Symbol.dispose]() {
      disposal.abort(new Error("the watch was ended"));
      for (const path of watched.keys()) close(path);
    },
  };
}

/** The folders to watch, with their inodes: another folder at the same path needs a new watch. */
async function foldersToWatch(params: FolderWatchParams): Promise<Map<string, bigint>> {
  const { rootPath, folderPath, nameStart } = params;
  const wanted = new Map<string, bigint>();
  const target = (await isRealFolder(folderPath)) ? await folderInode(folderPath) : null;
  if (target === null) {
    for (let path = folderPath; path !== rootPath;) {
      path = dirname(path);
      const inode = await folderInode(path);
      if (inode !== null) return wanted.set(path, inode);
    }
    return wanted;
  }
  wanted.set(folderPath, target);
  // The walk goes on over the folders that it adds.
  for (const path of wanted.keys()) {
    const entries = await unlessAbsent(opendir(path));
    if (entries === null) continue;
    for await (const entry of entries) {
      const isInScope = entry.isDirectory() && (path !== folderPath || entry.name.startsWith(nameStart));
      if (!isInScope || wanted.size >= MAX_WATCHED_FOLDERS) continue;
      const inode = await folderInode(`${path}/${entry.name}`);
      if (inode !== null) wanted.set(`${path}/${entry.name}`, inode);
    }
  }
  return wanted;
}

async function folderInode(path: string): Promise<bigint | null> {
  const stats = await unlessAbsent(lstat(path, { bigint: true }));
  if (stats?.isDirectory() !== true) return null;
  return stats.ino;
}
