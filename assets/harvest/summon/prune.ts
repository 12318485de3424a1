import type { ObjectStore } from "../../../engine/index.ts";
import type { DocumentIndex } from "./document-index.ts";
import { forEachLimited } from "../flow/stages.ts";
import { MAX_NAMED, type Counted } from "./summon-report.ts";

/** Removed in one request; S3 takes 1,000. */
const REMOVE_BATCH_KEYS = 500;
/** Asked about at the same time. */
const HEADS_AT_ONCE = 8;

export interface FindGoneParams {
  readonly store: ObjectStore;
  readonly bucket: string;
  /** `summoned/<source>/` */
  readonly prefix: string;
  readonly index: DocumentIndex;
  /** Whether this crawl had trouble with the page that the `url` metadata names. */
  readonly isKept: (url: string) => boolean;
  readonly prune: boolean;
  readonly signal: AbortSignal;
}

export interface GoneDocuments {
  readonly gone: Counted<string>;
  readonly pruned: number;
}

/**
 * After a complete crawl: the documents that no page gave. Those of pages that are still listed and merely failed
 * this time are not among them. With `prune` the gone ones are removed; gleaner keeps them for ever
 * (gleaner-nabu.md §2.6).
 */
export async function settleGone(params: FindGoneParams): Promise<GoneDocuments> {
  const { store, bucket, prefix, index, signal } = params;
  const first: string[] = [];
  let count = 0;
  let pruned = 0;
  if (index.unseenCount() === 0) return { gone: { count, first }, pruned };

  async function settle(candidates: readonly string[]): Promise<void> {
    const gone = new Set<string>();
    await forEachLimited(candidates, {
      limit: HEADS_AT_ONCE,
      work: async (key) => {
        const details = await store.head({ bucket, key, signal });
        if (details === null) return;
        const url = details.metadata["url"];
        if (url === undefined || !params.isKept(url)) gone.add(key);
      },
    });
    const keys = candidates.filter((key) => gone.has(key));
    count += keys.length;
    first.push(...keys.slice(0, MAX_NAMED - first.length));
    if (!params.prune || keys.length === 0) return;
    signal.throwIfAborted();
    await store.remove({ bucket, keys, signal });
    for (const key of keys) index.removed(key);
    pruned += keys.length;
  }

  let candidates: string[] = [];
  for await (const { key } of store.list({ bucket, prefix, signal })) {
    if (!index.wasListed(key) || index.seenAt(key) >= 0) continue;
    candidates.push(key);
    if (candidates.length < REMOVE_BATCH_KEYS) continue;
    await settle(candidates);
    candidates = [];
  }
  await settle(candidates);
  return { gone: { count, first }, pruned };
}
