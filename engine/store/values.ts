import { access, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { EngineError } from "../core/errors.ts";
import { sha256 } from "../core/json.ts";
import type { StoredValue } from "./tables/materializations.ts";

/** Values up to this size stand in the row; larger ones in a file named by their content (design §3.13). */
export const MAX_ROW_VALUE_BYTES = 65_536;
export const MAX_VALUE_BYTES = 256 * 1024 * 1024;

export interface ValueStore {
  /** Keeps a value's JSON text; a large one is on disk before this resolves. */
  keep(text: string): Promise<StoredValue>;
  /** The JSON text of a value that is not in its row. Throws `missing_input` where its file is gone. */
  read(hash: string): Promise<string>;
}

export function valueStore(directory: string): ValueStore {
  const fileOf = (hash: string): string => path.join(directory, hash.slice(0, 2), hash);
  /** Many partitions may return the same value at the same time; one writes it. */
  const writing = new Map<string, Promise<void>>();

  const write = (hash: string, text: string): Promise<void> => {
    const started = writing.get(hash) ?? writeOnce(fileOf(hash), text).finally(() => writing.delete(hash));
    writing.set(hash, started);
    return started;
  };

  return {
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
      try {
        await write(hash, text);
      } catch (error) {
        throw diskError(error, directory) ?? error;
      }
      return { type: "file", sha256: hash, bytes };
    },
    async read(hash) {
      try {
        return await readFile(fileOf(hash), "utf8");
      } catch (error) {
        if (!isMissing(error)) throw error;
        throw new EngineError("missing_input", `the stored value ${hash} is gone from ${directory}`, { cause: error });
      }
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

/** A file that stands under its name is whole: it was renamed to it after its content was on disk. */
async function writeOnce(file: string, text: string): Promise<void> {
  if (await isThere(file)) return;
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

async function isThere(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
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

async function syncFolder(folder: string): Promise<void> {
  const opened = await open(folder, "r");
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
