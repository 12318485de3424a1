import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
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
      await writeOnce(fileOf(hash), text);
      return { type: "file", sha256: hash, bytes };
    },
    async read(hash) {
      try {
        return await readFile(fileOf(hash), "utf8");
      } catch (error) {
        throw new EngineError("missing_input", `the stored value ${hash} is gone from ${directory}`, { cause: error });
      }
    },
  };
}

async function writeOnce(file: string, text: string): Promise<void> {
  const folder = path.dirname(file);
  await mkdir(folder, { recursive: true });
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
  const opened = await open(folder, "r");
  await opened.sync();
  await opened.close();
}
