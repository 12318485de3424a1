import { createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Writes a file whose content is on disk when this resolves. */
export async function syncedFile(file: string, content: Readable): Promise<void> {
  await pipeline(content, createWriteStream(file, { mode: 0o600, flush: true }));
}

/** Makes what was made or renamed in a folder outlive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const opened = await open(folder, "r");
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}
