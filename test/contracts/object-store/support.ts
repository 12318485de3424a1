import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { isEngineError } from "../../../engine/core/errors.ts";
import type { ErrorCode } from "../../../engine/core/errors.ts";
import type { ObjectDetails, ObjectReading, ObjectStore } from "../../../engine/core/ports/object-store.ts";

/** A store with an empty bucket of its own for one test. */
export interface ObjectStoreRig extends AsyncDisposable {
  readonly store: ObjectStore;
  readonly bucket: string;
}

export type OpenObjectStore = () => Promise<ObjectStoreRig>;

export function md5(content: string): string {
  return createHash("md5").update(content).digest("hex");
}

/** S3 tells the time of a put only by its answer's date, which may be a second off. */
export function assertSameDetails(found: ObjectDetails | null, expected: ObjectDetails): void {
  assert.ok(found !== null);
  const { modifiedAtMs: foundAtMs, metadata: foundMetadata, ...foundRest } = found;
  const { modifiedAtMs, metadata, ...rest } = expected;
  assert.deepEqual({ ...foundRest, ...foundMetadata }, { ...rest, ...metadata });
  assert.ok(Math.abs(foundAtMs - modifiedAtMs) <= 2000, `${foundAtMs} and ${modifiedAtMs}`);
}

export async function bytesOf(read: ObjectReading): Promise<Buffer> {
  return buffer(read.body);
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

export async function keysOf(store: ObjectStore, bucket: string, prefix: string): Promise<string[]> {
  return (await all(store.list({ bucket, prefix }))).map(({ key }) => key);
}

export async function foldersOf(store: ObjectStore, bucket: string, prefix: string): Promise<string[]> {
  return all(store.listFolders({ bucket, prefix }));
}

export async function rejectsWith(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(call, (error) => isEngineError(error, code));
}
