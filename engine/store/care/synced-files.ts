import { createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export interface SyncedContent {
  readonly content: Readable;
  readonly signal: AbortSignal | undefined;
}

/** Writes a file whose content is on disk when this resolves. */
export async function syncedFile(file: string, { content, signal }: SyncedContent): Promise<void> {
  await pipeline(content, createWriteStream(file, { mode: 0o600, flush: true }), { signal });
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
