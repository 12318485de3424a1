import { AsyncLocalStorage } from "node:async_hooks";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename } from "node:path";

/** What is done in place of going on to a call of the file system; a promise that never settles freezes the caller. */
export type BeforeFileCall = (calls: readonly string[]) => void | Promise<void>;

interface Watched {
  readonly before: BeforeFileCall;
  readonly calls: string[];
}

const watched = new AsyncLocalStorage<Watched>();

/**
 * Runs `task`, and `beforeCall` before every call of `node:fs/promises` in it that changes or syncs something; answers
 * those calls by name. What is called elsewhere goes on meanwhile, also after a task that was frozen.
 */
export async function withFileCalls(
  task: () => Promise<unknown>,
  beforeCall: BeforeFileCall,
): Promise<readonly string[]> {
  const calls: string[] = [];
  await watched.run({ before: beforeCall, calls }, task);
  return calls;
}

async function announce(what: string): Promise<void> {
  const { before, calls } = watched.getStore() ?? {};
  if (before === undefined || calls === undefined) return;
  calls.push(what);
  await before(calls);
}

/** Kept, so that the handles of a frozen call are not closed, with a warning, when they are collected. */
const opened: fs.promises.FileHandle[] = [];

type AsyncCall = (...args: unknown[]) => Promise<unknown>;

const { promises } = fs;
for (const name of ["rename", "link", "unlink", "rmdir", "mkdir", "copyFile"] as const) {
  const original = promises[name] as AsyncCall;
  const announced: AsyncCall = async (...args) => {
    await announce(`${name} ${shown(String(args.at(name === "rename" || name === "link" ? 1 : 0)))}`);
    return original(...args);
  };
  Object.assign(promises, { [name]: announced });
}
const openFile = promises.open as (...args: unknown[]) => Promise<fs.promises.FileHandle>;
const announcedOpen = async (...args: unknown[]): Promise<fs.promises.FileHandle> => {
  const path = shown(String(args[0]));
  if (args[1] === "wx") await announce(`create ${path}`);
  const handle = await openFile(...args);
  if (watched.getStore() !== undefined) opened.push(handle);
  for (const [name, method] of [
    ["sync", "sync"],
    ["write", "writeFile"],
    ["write", "appendFile"],
  ] as const) {
    const original = handle[method].bind(handle) as AsyncCall;
    const announced: AsyncCall = async (...given) => {
      await announce(`${name} ${path}`);
      return original(...given);
    };
    Object.assign(handle, { [method]: announced });
  }
  return handle;
};
Object.assign(promises, { open: announcedOpen });
syncBuiltinESMExports();

/** `object`, `record` or `temporary` for a file of the key `…/k`, or the folder of one. */
function shown(path: string): string {
  const kind = path.includes("/temporary") ? "temporary" : path.includes("/records") ? "record" : "object";
  const isFile = path.endsWith("/k") || path.includes("/temporary/");
  return isFile ? kind : `folder ${basename(path).replace(/^[0-9a-f]{32}$/, "HASH")} of ${kind}`;
}
