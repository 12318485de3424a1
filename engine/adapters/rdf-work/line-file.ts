import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";

/** Synchronous on purpose: only worker threads use these, and what they feed (Oxigraph's parser) is synchronous. */

const CHUNK_BYTES = 256 * 1024;

/** What is kept of a file to know it again. */
export interface FileFacts {
  readonly bytes: number;
  readonly sha256: string;
  readonly lines: number;
}

/** The bytes of a file. Each chunk is overwritten by the next. */
export function* readChunks(path: string): Generator<Buffer, void, undefined> {
  const file = openSync(path, "r");
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      const length = readSync(file, buffer, 0, CHUNK_BYTES, null);
      if (length === 0) return;
      yield buffer.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}

/** The lines of a file of UTF-8, without their ends. */
export function* readLines(path: string): Generator<string, void, undefined> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for (const chunk of readChunks(path)) {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  rest += decoder.end();
  if (rest !== "") yield rest;
}

export function sha256OfFile(path: string): string {
  const hash = createHash("sha256");
  for (const chunk of readChunks(path)) hash.update(chunk);
  return hash.digest("hex");
}

export interface LineWriter {
  write(line: string): void;
  /** Writes what is buffered, makes it outlive a power cut where asked for, and closes. */
  finish(options?: { readonly sync: boolean }): FileFacts;
  /** Closes a file that nobody will use. */
  abandon(): void;
}

export function lineWriter(path: string): LineWriter {
  const file = openSync(path, "w");
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let used = 0;
  let bytes = 0;
  let lines = 0;
  let isOpen = true;

  const put = (data: Uint8Array): void => {
    hash.update(data);
    for (let written = 0; written < data.length;) written += writeSync(file, data, written);
    bytes += data.length;
  };
  const flush = (): void => {
    put(buffer.subarray(0, used));
    used = 0;
  };
  const close = (): void => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };

  return Object.freeze({
    write(line: string) {
      lines += 1;
      const mostBytes = line.length * MAX_UTF8_BYTES + 1;
      if (used + mostBytes > CHUNK_BYTES) flush();
      if (mostBytes > CHUNK_BYTES) {
        put(Buffer.from(`${line}\n`));
        return;
      }
      used += buffer.write(line, used);
      buffer[used++] = LINE_END;
    },
    finish(options = { sync: false }) {
      flush();
      if (options.sync) fsyncSync(file);
      close();
      return { bytes, sha256: hash.digest("hex"), lines };
    },
    abandon: close,
  });
}

/** A UTF-16 code unit takes at most three bytes of UTF-8. */
const MAX_UTF8_BYTES = 3;
const LINE_END = 0x0a;
