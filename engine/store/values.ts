import { createHash } from "node:crypto";
import { createReadStream, rmSync } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { EngineError } from "../core/errors.ts";
import { sha256 } from "../core/json.ts";
import { syncFolder } from "./care/synced-files.ts";
import type { StoredValue } from "./tables/materializations.ts";

/** Values up to this size stand in the row; larger ones in a file named by their content (design §3.13). */
export const MAX_ROW_VALUE_BYTES = 65_536;
export const MAX_VALUE_BYTES = 256 * 1024 * 1024;

export interface ValueStore {
  /** Keeps a value's JSON text; a large one is on disk before this resolves. It is not collected before `release`. */
  keep(text: string): Promise<StoredValue>;
  /** The record names a value that was kept, or nobody ever will. */
  release(value: StoredValue): void;
  /** The JSON text of a value that is not in its row. Throws `missing_input` where its file is gone, `corrupt` where it was changed. */
  read(hash: string): Promise<string>;
  /** Until it is disposed no value is collected: somebody copies them. */
  hold(): Disposable;
  /** Removes the files of values that nothing names; resolves with how many. None while somebody holds them. */
  collect(params: CollectParams): Promise<number>;
}

export interface CollectParams {
  readonly isNamed: (hash: string) => boolean;
  /** Counts, and removes nothing. */
  readonly dryRun: boolean;
  /** Lets others have the thread. */
  readonly pause: () => Promise<void>;
  readonly signal: AbortSignal;
}

export function valueStore(directory: string): ValueStore {
  const fileOf = (hash: string): string => path.join(directory, hash.slice(0, 2), hash);
  /** Many partitions may return the same value at the same time; one writes it. */
  const writing = new Map<string, Promise<void>>();

  const write = (hash: string, text: string): Promise<void> => {
    const started = writing.get(hash) ?? writeOnce(fileOf(hash), { hash, text }).finally(() => writing.delete(hash));
    writing.set(hash, started);
    return started;
  };

  /** How often each value was kept that the record may not name yet. */
  const unnamed = new Map<string, number>();
  let holders = 0;
  return {
    hold() {
      holders++;
      let isHeld = true;
      return {
        [Symbol.dispose]() {
          if (isHeld) holders--;
          isHeld = false;
        },
      };
    },
    async collect({ isNamed, dryRun, pause, signal }) {
      let removed = 0;
      for (const folder of await namesIn(directory)) {
        for (const [index, name] of (await namesIn(path.join(directory, folder))).entries()) {
          if (index % COLLECTED_AT_ONCE === 0) await pause();
          if (holders > 0 || signal.aborted) return removed;
          const hash = name.slice(0, HASH_CHARACTERS);
          // Nothing waits between this look and the removal, so that no task names the value in between.
          if (unnamed.has(hash) || isNamed(hash)) continue;
          if (!dryRun) rmSync(path.join(directory, folder, name), { force: true });
          removed++;
        }
      }
      return removed;
    },
    release(value) {
      if (value.type !== "file") return;
      const left = (unnamed.get(value.sha256) ?? 1) - 1;
      if (left > 0) unnamed.set(value.sha256, left);
      else unnamed.delete(value.sha256);
    },
    async keep(text) {
      const bytes = Buffer.byteLength(text);
      if (bytes <= MAX_ROW_VALUE_BYTES) return { type: "row", text };
      if (bytes > MAX_VALUE_BYTES) {
        throw new EngineError(
          "bad_value",
          `a value of ${bytes} bytes of JSON is over the limit of ${MAX_VALUE_BYTES}; put it into the object store and ` +
            `return where it is`,
        );
      }
      const hash = sha256(text);
      unnamed.set(hash, (unnamed.get(hash) ?? 0) + 1);
      try {
        await write(hash, text);
      } catch (error) {
        this.release({ type: "file", sha256: hash, bytes });
        throw diskError(error, directory) ?? error;
      }
      return { type: "file", sha256: hash, bytes };
    },
    async read(hash) {
      const text = await readFile(fileOf(hash), "utf8").catch((error: unknown) => {
        if (isUnreadable(error)) throw changedValue(fileOf(hash));
        if (!isMissing(error)) throw error;
        throw new EngineError("missing_input", `the stored value ${hash} is gone from ${directory}`, { cause: error });
      });
      if (sha256(text) !== hash) throw changedValue(fileOf(hash));
      return text;
    },
  };
}

/** https://man7.org/linux/man-pages/man2/write.2.html, "Errors" */
const DISK_ERRORS: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EIO", "EROFS"]);

function diskError(error: unknown, directory: string): EngineError | null {
  if (!(error instanceof Error) || !("code" in error) || !DISK_ERRORS.has(String(error.code))) return null;
  const message = `a value cannot be kept in ${directory}: ${error.message}`;
  return new EngineError("disk_failed", message, { cause: error, retryable: true });
}

const HASH_CHARACTERS = 64;
/** A look and a removal take some 50 µs together. */
const COLLECTED_AT_ONCE = 50;

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error) || (error instanceof Error && "code" in error && error.code === "ENOTDIR")) return [];
    throw error;
  }
}

function changedValue(file: string): EngineError {
  const message = `the stored value ${file} was changed or damaged on the disk; materialize its asset again`;
  return new EngineError("corrupt", message, { details: { file } });
}

/** SHA-256, hexadecimal; null where there is no such file, or the disk cannot read it any more. */
export async function hashOfFile(file: string): Promise<string | null> {
  const hash = createHash("sha256");
  try {
    for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) hash.update(piece);
  } catch (error) {
    if (isMissing(error) || isUnreadable(error)) return null;
    throw error;
  }
  return hash.digest("hex");
}

/** A file is renamed to its name after its content was on disk. One that was damaged since is written anew. */
async function writeOnce(file: string, { hash, text }: { hash: string; text: string }): Promise<void> {
  if ((await hashOfFile(file)) === hash) return;
  const folder = path.dirname(file);
  const firstMade = await mkdir(folder, { recursive: true });
  const part = `${file}.${process.pid}.part`;
  const handle = await open(part, "w");
  try {
    await handle.writeFile(text);
    await handle.sync();
  } catch (error) {
    await handle.close();
    await rm(part, { force: true });
    throw error;
  }
  await handle.close();
  await rename(part, file);
  await syncFolder(folder);
  if (firstMade !== undefined) for (const above of foldersAbove(folder, firstMade)) await syncFolder(above);
}

/** The folders that hold the entries of those that were made on the way to `folder`. */
function foldersAbove(folder: string, firstMade: string): readonly string[] {
  const above = [path.dirname(folder)];
  for (let made = folder; made !== firstMade && made !== path.dirname(made);) {
    made = path.dirname(made);
    above.push(path.dirname(made));
  }
  return above;
}

function isUnreadable(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EIO";
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
