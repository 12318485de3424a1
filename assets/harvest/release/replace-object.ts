import type { ObjectStore } from "../../../engine/index.ts";

export interface ReplaceObjectParams {
  readonly store: ObjectStore;
  readonly bucket: string;
  /** Where the content is built; removed at the end, whatever happens. */
  readonly scratch: string;
  readonly key: string;
  /** A further copy of content that is new; made first, so that `key` changes last. */
  readonly copyTo?: string | undefined;
  readonly contentType: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** SHA-256 of the body; asked once it has been read. */
  readonly sha256: () => string;
  readonly signal: AbortSignal;
}

/**
 * Streams content into the store and puts it in the place of what was there, all at once, if it differs: by the
 * `sha256` that is kept as metadata. An object without it, such as nabu's, counts as different. Says whether it did.
 */
export async function replaceObject(params: ReplaceObjectParams): Promise<boolean> {
  const { store, bucket, scratch, key, copyTo, contentType, body, signal } = params;
  try {
    await store.put({ bucket, key: scratch, body, contentType, signal });
    const sha256 = params.sha256();
    const before = await store.head({ bucket, key, signal });
    if (before?.metadata["sha256"] === sha256) return false;
    for (const to of copyTo === undefined ? [key] : [copyTo, key]) {
      await store.copy({ bucket, from: scratch, to, contentType, metadata: { sha256 }, signal });
    }
    return true;
  } finally {
    // Without the signal: after an abort the half-done object is still nobody's.
    await store.remove({ bucket, keys: [scratch] });
  }
}
