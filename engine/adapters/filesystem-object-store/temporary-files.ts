import { createHash, hash } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, mkdir, open, opendir, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { Clock, IdSource } from "../../core/ports/time.ts";
import { removeFile } from "./durable-files.ts";
import { isAbsent, unlessAbsent } from "./file-errors.ts";
import type { FileStamp } from "./file-stamp.ts";
import { stampOf } from "./file-stamp.ts";
import type { Layout } from "./layout.ts";

/** A larger piece would hold the thread for more than some 2 ms while its MD5 is computed. */
export const HASHED_PIECE_BYTES = 1024 * 1024;

/** A file in the temporary folder that nobody has written for so long is left from a process that was killed. */
export const LEFTOVER_AGE_MS = 24 * 3_600_000;

export interface FinishedFile {
  readonly path: string;
  readonly stamp: FileStamp;
  /** MD5 of the content, hexadecimal. */
  readonly md5: string;
}

/** A file that is being written where no listing sees it. */
export interface TemporaryFile {
  write(chunk: Uint8Array): Promise<void>;
  /** Sets the time, syncs and closes. */
  finish(): Promise<FinishedFile>;
  /** Closes and removes it. */
  discard(): Promise<void>;
}

export interface TemporaryFiles {
  /** `inOnePiece`: at most one call of `write` follows, with at most 1 MB that stays as it is. */
  create(inOnePiece: boolean): Promise<TemporaryFile>;
  /** A synced copy of `path`, made by the file system itself where it can share blocks. Not hashed. */
  copyOf(path: string): Promise<Omit<FinishedFile, "md5">>;
  /** Writes a small file whole; synced where `durable`. Answers its path. */
  write(content: string, durable: boolean): Promise<string>;
  /** A further name of a temporary file. Answers its path. */
  linkTo(path: string): Promise<string>;
  /** Removes what killed processes left. */
  removeLeftovers(): Promise<void>;
}

export interface TemporaryFilesParams {
  readonly layout: Layout;
  readonly clock: Clock;
  readonly ids: IdSource;
}

interface Digest {
  update(piece: Uint8Array): unknown;
  /** Hexadecimal. */
  digest(encoding: "hex"): string;
}

/** MD5 of what is one piece, with one call at a third of the cost of a hash object. */
function md5OfOne(): Digest {
  let content: Uint8Array | string = "";
  return {
    update(piece) {
      content = piece;
    },
    digest: (encoding) => hash("md5", content, encoding),
  };
}

export function temporaryFiles({ layout, clock, ids }: TemporaryFilesParams): TemporaryFiles {
  const newPath = async (): Promise<string> => `${await layout.temporaryFolder()}/${ids.uuid()}`;

  /** Opens a new file; the folder is made when it turns out to be missing. */
  const openNew = async (): Promise<{ readonly path: string; readonly handle: FileHandle }> => {
    const path = await newPath();
    try {
      return { path, handle: await open(path, "wx") };
    } catch (error) {
      if (!isAbsent(error)) throw error;
      await mkdir(await layout.temporaryFolder(), { recursive: true });
      return { path, handle: await open(path, "wx") };
    }
  };

  /** Closes a written file; the object's time is the engine's, not the file system's. */
  const close = async (handle: FileHandle): Promise<FileStamp> => {
    try {
      const now = new Date(clock.now());
      await handle.utimes(now, now);
      await handle.sync();
      return stampOf(await handle.stat({ bigint: true }));
    } finally {
      await handle.close();
    }
  };

  return Object.freeze({
    async create(inOnePiece: boolean) {
      const { path, handle } = await openNew();
      const content = inOnePiece ? md5OfOne() : createHash("md5");
      return Object.freeze({
        async write(chunk: Uint8Array) {
          for (let start = 0; start < chunk.byteLength; start += HASHED_PIECE_BYTES) {
            const piece = chunk.subarray(start, start + HASHED_PIECE_BYTES);
            content.update(piece);
            await handle.appendFile(piece);
          }
        },
        finish: async () => ({ path, stamp: await close(handle), md5: content.digest("hex") }),
        async discard() {
          // Closing twice is no error.
          await handle.close();
          await removeFile(path);
        },
      });
    },

    async copyOf(source: string) {
      const { path, handle: made } = await openNew();
      await made.close();
      try {
        await copyFile(source, path, constants.COPYFILE_FICLONE);
        return { path, stamp: await close(await open(path, "r")) };
      } catch (error) {
        await removeFile(path);
        throw error;
      }
    },

    async write(content: string, durable: boolean) {
      const { path, handle } = await openNew();
      try {
        await handle.writeFile(content);
        if (durable) await handle.sync();
      } finally {
        await handle.close();
      }
      return path;
    },

    async linkTo(path: string) {
      const further = await newPath();
      await link(path, further);
      return further;
    },

    async removeLeftovers() {
      const folder = await layout.temporaryFolder();
      const entries = await unlessAbsent(opendir(folder));
      if (entries === null) return;
      for await (const entry of entries) {
        const path = `${folder}/${entry.name}`;
        const stats = await unlessAbsent(stat(path));
        if (stats !== null && clock.now() - stats.mtimeMs > LEFTOVER_AGE_MS) await removeFile(path);
      }
    },
  });
}
