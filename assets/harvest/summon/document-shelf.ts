import { hash } from "node:crypto";
import { isEngineError, type ObjectDetails, type ObjectStore } from "../../../engine/index.ts";
import type { DocumentIndex } from "./document-index.ts";
import type { ExtractedDocument } from "../document-types.ts";
import type { SummonLedger } from "./summon-ledger.ts";
import { MAX_NAMED } from "./summon-report.ts";

/** gleaner gives it to every object, organizations included (gleaner-nabu.md §2.6). */
export const DOCUMENT_CONTENT_TYPE = "application/ld+json";

/** Documents that wait to see whether the page that gave them last time comes again. Beyond this they are written. */
const MAX_DEFERRED_CHARS = 16 * 1024 * 1024;

/** A document of a page, on its way to the store. */
export interface ShelvedDocument {
  readonly document: ExtractedDocument;
  /** The page's place in the sitemap. */
  readonly order: number;
  /** The page's URL in the sitemap. */
  readonly url: string;
}

export interface DocumentShelf {
  /** Puts a document where it belongs, unless the store has it already or a later page's document is there. */
  shelve(item: ShelvedDocument): Promise<void>;
  /** Writes what still waits. Call once, when every page is through. */
  flush(): Promise<void>;
}

export interface DocumentShelfOptions {
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly index: DocumentIndex;
  readonly ledger: SummonLedger;
  /** Writes the record of where a document came from. */
  readonly writeProv: (item: ShelvedDocument) => Promise<void>;
  /** What this URL gave earlier stays, though it is not stored this time. */
  readonly keep: (url: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Pages come in any order; which documents they leave behind does not depend on it:
 * 1. Of documents with the same id, that of the last page in the sitemap stays. gleaner has "the last writer wins",
 *    where the writers race (gleaner-nabu.md §2.5).
 * 2. A document that is there with the same bytes and metadata is not written again.
 * 3. Where the stored document names another page, which may still come and be later, this one is deferred to the
 *    end: a second run of a site with duplicates writes nothing.
 * 4. Prov goes with each document written and, for an id that is new, with each page that gave it, as gleaner has it.
 */
export function createDocumentShelf(options: DocumentShelfOptions): DocumentShelf {
  const { store, bucket, index, ledger, writeProv, signal } = options;
  const deferred = new Map<string, ShelvedDocument>();
  const inTurn = createTurns();
  let deferredChars = 0;

  async function place(item: ShelvedDocument): Promise<void> {
    const { key, text, metadata } = item.document;
    const holderAt = index.seenAt(key);
    if (holderAt > item.order) {
      ledger.duplicate({ key, order: item.order, dropped: item.url });
      if (!index.wasListed(key)) await writeProv(item);
      return;
    }
    if (holderAt >= 0) ledger.duplicate({ key, order: holderAt, dropped: await holderOf(key) });
    undefer(key);
    index.see(key, item.order);
    const there = index.wasListed(key) ? await store.head({ bucket, key, signal }) : null;
    if (there !== null && isSame(item.document, there)) {
      if (index.outcomeOf(key) === null) ledger.unchanged();
      if (index.outcomeOf(key) === null) index.setOutcome(key, "unchanged");
      return;
    }
    const named = there?.metadata["url"];
    const isOthers =
      named !== undefined && named !== asKept(metadata["url"] ?? "") && index.outcomeOf(key) !== "stored";
    if (!isOthers || deferredChars + text.length > MAX_DEFERRED_CHARS) return write(item);
    deferred.set(key, item);
    deferredChars += text.length;
  }

  async function write(item: ShelvedDocument): Promise<void> {
    const { key, text, metadata } = item.document;
    try {
      const put = await store.put({ bucket, key, body: text, contentType: DOCUMENT_CONTENT_TYPE, metadata, signal });
      index.wrote(key, put.etag);
    } catch (error) {
      if (!isRefused(error)) throw error;
      options.keep(item.url);
      ledger.failed({ order: item.order, url: item.url, kind: "not_stored", message: error.message });
      return;
    }
    const before = index.outcomeOf(key);
    if (before === "unchanged") ledger.changedAfterAll();
    if (before !== "stored") ledger.stored();
    index.setOutcome(key, "stored");
    await writeProv(item);
  }

  function undefer(key: string): void {
    const item = deferred.get(key);
    if (item === undefined) return;
    deferred.delete(key);
    deferredChars -= item.document.text.length;
  }

  /** The page whose document has the key so far. Names beyond those reported are not looked up. */
  async function holderOf(key: string): Promise<string | null> {
    const waiting = deferred.get(key);
    if (waiting !== undefined) return waiting.url;
    if (ledger.duplicateCount >= MAX_NAMED) return null;
    return (await store.head({ bucket, key, signal }))?.metadata["url"] ?? null;
  }

  return {
    shelve: (item) => inTurn(item.document.key, () => place(item)),
    flush: async () => {
      for (const item of deferred.values()) await write(item);
      deferred.clear();
    },
  };
}

/** Runs tasks of one key after each other, in the order in which they come. */
function createTurns(): (key: string, task: () => Promise<void>) => Promise<void> {
  const busy = new Map<string, Promise<void>>();
  return async (key, task) => {
    const mine = (busy.get(key) ?? Promise.resolve()).then(task);
    const settled = mine.catch(() => undefined);
    busy.set(key, settled);
    try {
      await mine;
    } finally {
      if (busy.get(key) === settled) busy.delete(key);
    }
  };
}

function isSame(document: ExtractedDocument, there: ObjectDetails): boolean {
  // An S3 etag is the MD5 of what was put in one piece; where it is not, the document is written again, no more.
  if (hash("md5", document.text) !== there.etag) return false;
  return Object.entries(document.metadata).every(([name, value]) => there.metadata[name] === asKept(value));
}

/** A header's value loses blanks around it and has one for many within (S3's signature wants it so). */
function asKept(value: string): string {
  return value.replaceAll(/ +/g, " ").trim();
}

/** The store will never take this one document; others are not concerned. */
function isRefused(error: unknown): error is Error {
  return isEngineError(error, "object_key_refused") || isEngineError(error, "object_metadata_refused");
}
