import { EngineError, type ObjectStore } from "../../../engine/index.ts";
import type { FeedSummary } from "../feed/page-feed.ts";
import type { DocumentIndex } from "./document-index.ts";
import type { GoneDocuments } from "./prune.ts";
import type { DroppedDocument, SummonLedger } from "./summon-ledger.ts";
import type { Counted, SummonDuplicate, SummonFailureKind, SummonReport } from "./summon-report.ts";

/** Kinds that another time may be better. */
const passing: ReadonlySet<SummonFailureKind> = new Set(["timeout", "refused", "dns", "network", "RepoServerError"]);

/** The error of a crawl that brought nothing into the store, whatever is there from earlier ones. */
export function nothingStored(source: string, ledger: SummonLedger): EngineError {
  const { found, failedByKind } = ledger.counts;
  const kinds = Object.entries(failedByKind).map(([kind, count]) => `${count} ${kind}`);
  const [first] = [...ledger.failures(), ...ledger.problems().first];
  const message =
    `Source ${source}: none of its ${found} pages gave a document` +
    (kinds.length > 0 ? ` (${kinds.join(", ")}).` : ".") +
    (first === undefined ? "" : ` The first: ${withUrl(first)}`);
  return new EngineError("harvest", message, {
    retryable: Object.keys(failedByKind).some((kind) => passing.has(kind as SummonFailureKind)),
    details: { source, reason: "nothing_stored", found, failedByKind, failures: ledger.failures().slice(0, 10) },
  });
}

function withUrl({ url, message }: { readonly url: string | null; readonly message: string }): string {
  return url === null || message.includes(url) ? message : `${url}: ${message}`;
}

export interface ReportParams {
  readonly source: string;
  readonly ledger: SummonLedger;
  readonly index: DocumentIndex;
  readonly summary: FeedSummary;
  readonly settled: GoneDocuments;
  readonly duplicates: Counted<SummonDuplicate>;
  readonly durationMs: number;
}

export function reportOf(params: ReportParams): SummonReport {
  const { source, ledger, index, summary, settled, duplicates, durationMs } = params;
  const { found, fetched, stored, unchanged, failed, failedByKind, complete } = ledger.counts;
  return Object.freeze({
    source,
    found,
    fetched,
    stored,
    unchanged,
    failed,
    failedByKind,
    failures: ledger.failures(),
    problems: ledger.problems(),
    duplicates,
    gone: settled.gone,
    pruned: settled.pruned,
    complete,
    sitemap: summary,
    keys: index.keyCount,
    dataVersion: index.dataVersion(),
    durationMs: Math.round(durationMs),
  });
}

export interface NameDuplicatesParams {
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly duplicates: Counted<DroppedDocument>;
  readonly signal: AbortSignal;
}

/** Says of each dropped page whose document has its key now. */
export async function nameDuplicates(params: NameDuplicatesParams): Promise<Counted<SummonDuplicate>> {
  const { store, bucket, duplicates, signal } = params;
  const first: SummonDuplicate[] = [];
  for (const { key, dropped } of duplicates.first) {
    const details = await store.head({ bucket, key, signal });
    first.push({ key, dropped, kept: details?.metadata["url"] ?? null });
  }
  return { count: duplicates.count, first };
}
