import type { ObjectMetadata, ObjectStore } from "../../engine/index.ts";
import { summonedId, summonedPrefix } from "../harvest/keys.ts";
import { inOrder } from "../harvest/release/in-order.ts";

/** A HEAD costs about 1 ms on a near S3; 50,000 objects take a few seconds. */
export const HEAD_CONCURRENCY = 16;

/** A document in the bucket. What its metadata does not tell is null: sitegraphs have none. */
export interface SummonedObject {
  readonly key: string;
  /** The key below `summoned/<source>/`, with its extension. */
  readonly fileName: string;
  /** The same without its extension: the last part of its graph's URN. */
  readonly id: string;
  readonly modifiedAtMs: number;
  readonly url: string | null;
  readonly identifierType: string | null;
  readonly matchedPath: string | null;
  readonly uniqueId: string | null;
}

export interface SummonedObjectsParams {
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly source: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The source's documents in key order, one HEAD each. The prefix ends in `/`, so `iris` never takes `iris2`. An object
 * that goes between the listing and its HEAD is left out.
 */
export async function* summonedObjects(params: SummonedObjectsParams): AsyncGenerator<SummonedObject> {
  const { store, bucket, source, signal = new AbortController().signal } = params;
  const prefix = summonedPrefix(source);
  const found = inOrder(store.list({ bucket, prefix, signal }), {
    atOnce: HEAD_CONCURRENCY,
    run: async ({ key }, signal) => (key.endsWith("/") ? null : store.head({ bucket, key, signal })),
    signal,
  });
  for await (const details of found) {
    if (details === null) continue;
    const fileName = details.key.slice(prefix.length);
    const fact = factsOf(details.metadata);
    yield {
      key: details.key,
      fileName,
      id: summonedId(source, details.key) ?? fileName,
      modifiedAtMs: details.modifiedAtMs,
      url: fact("url"),
      identifierType: fact("identifiertype"),
      matchedPath: fact("matchedpath"),
      uniqueId: fact("uniqueid"),
    };
  }
}

function factsOf(metadata: ObjectMetadata): (name: string) => string | null {
  return (name) => (metadata[name] === undefined || metadata[name] === "" ? null : metadata[name]);
}
