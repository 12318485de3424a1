import { createHash } from "node:crypto";
import { createHashIndex, fingerprintOf } from "../flow/hash-index.ts";

/**
 * What a source's folder holds and what this crawl has seen of it, in some 50 bytes a document. Etags are kept as
 * fingerprints: enough to tell whether one is the same.
 */
export interface DocumentIndex {
  /** An object that was there before the crawl. */
  list(key: string, etag: string): void;
  wasListed(key: string): boolean;
  /** The place of the latest page that gave this key in this crawl; -1 where none has. */
  seenAt(key: string): number;
  see(key: string, order: number): void;
  /** What became of the document in this crawl; null where nothing yet. */
  outcomeOf(key: string): DocumentOutcome | null;
  setOutcome(key: string, outcome: DocumentOutcome): void;
  wrote(key: string, etag: string): void;
  removed(key: string): void;
  /** Objects that were listed and that no page has given. */
  unseenCount(): number;
  /** Objects in the store now. */
  readonly keyCount: number;
  /** Changes when a key appears, goes, or gets another etag; the order of events leaves no trace. */
  dataVersion(): string;
}

export type DocumentOutcome = "stored" | "unchanged";

const NEVER = -1;

export function createDocumentIndex(): DocumentIndex {
  const numbers = createHashIndex();
  const versions: bigint[] = [];
  const seen: number[] = [];
  const listed: boolean[] = [];
  const outcomes: (DocumentOutcome | null)[] = [];
  let keyCount = 0;
  /** Of the versions of all keys held, modulo 2^64: a hash of the set that can be kept up to date. */
  let sum = 0n;

  function numberOf(key: string): number {
    const number = numbers.add(key);
    if (number === versions.length) {
      versions.push(0n);
      seen.push(NEVER);
      listed.push(false);
      outcomes.push(null);
    }
    return number;
  }
  /** 0 stands for "not in the store". */
  function setVersion(number: number, version: bigint): void {
    const before = versions[number] ?? 0n;
    keyCount += Number(version !== 0n) - Number(before !== 0n);
    sum = BigInt.asUintN(64, sum - before + version);
    versions[number] = version;
  }
  const versionOf = (key: string, etag: string): bigint => fingerprintOf(`${key}\n${etag}`);

  return {
    list: (key, etag) => {
      const number = numberOf(key);
      listed[number] = true;
      setVersion(number, versionOf(key, etag));
    },
    wasListed: (key) => listed[numbers.find(key)] === true,
    seenAt: (key) => seen[numbers.find(key)] ?? NEVER,
    see: (key, order) => {
      seen[numberOf(key)] = order;
    },
    outcomeOf: (key) => outcomes[numbers.find(key)] ?? null,
    setOutcome: (key, outcome) => {
      outcomes[numberOf(key)] = outcome;
    },
    wrote: (key, etag) => setVersion(numberOf(key), versionOf(key, etag)),
    removed: (key) => setVersion(numberOf(key), 0n),
    unseenCount: () =>
      listed.reduce((count, isListed, number) => count + Number(isListed && seen[number] === NEVER), 0),
    get keyCount() {
      return keyCount;
    },
    dataVersion: () => createHash("sha256").update(`${keyCount} ${sum}`).digest("hex"),
  };
}
