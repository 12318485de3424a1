import type { WorkerPool } from "../../../engine/index.ts";
import { extractInBatch } from "../batch.ts";
import type { ExtractOptions, PageOutcome } from "../document-types.ts";
import type { Fetched } from "../fetch/fetch-outcome.ts";
import type { BoundedQueue } from "../flow/bounded-queue.ts";
import { forEachLimited } from "../flow/stages.ts";
import type { HarvestConfig, SourceConfig } from "../source-config.ts";
import type { DocumentShelf } from "./document-shelf.ts";
import type { SummonLedger } from "./summon-ledger.ts";
import { MAX_NAMED, type SummonLog } from "./summon-report.ts";

/** What goes to a worker at once: enough to outweigh the sending, little enough that the first is not kept waiting. */
const MAX_BATCH_PAGES = 16;
const MAX_BATCH_BYTES = 2 * 1024 * 1024;
/** Documents of one batch on their way to the store at the same time. */
const PUTS_AT_ONCE = 16;

/** A page that answered. */
export interface FetchedPage {
  readonly order: number;
  readonly url: string;
  readonly fetched: Fetched;
}

export interface ExtractionParams {
  readonly source: SourceConfig;
  readonly harvest: HarvestConfig;
  readonly workers: WorkerPool;
  readonly pages: BoundedQueue<FetchedPage>;
  readonly shelf: DocumentShelf;
  readonly ledger: SummonLedger;
  readonly keep: (url: string) => void;
  readonly log: SummonLog;
  readonly signal: AbortSignal;
}

/** One lane of extraction: takes what pages are there, has a worker find their documents, shelves these. */
export function createExtraction(params: ExtractionParams): () => Promise<void> {
  const { source, harvest, workers, pages, ledger, signal } = params;
  const options: ExtractOptions = {
    sourceName: source.name,
    identifierType: source.identifierType,
    identifierPath: source.identifierPath,
    fixContextOption: source.fixContextOption,
    contextStrict: harvest.contextStrict,
    kind: source.sourceType === "sitegraph" ? "sitegraph" : "page",
  };
  return async () => {
    for (;;) {
      const batch = await pages.take({ maxItems: MAX_BATCH_PAGES, maxSize: MAX_BATCH_BYTES });
      if (batch.length === 0) return;
      const inputs = batch.map(({ url, fetched: { contentType, body } }) => ({ url, contentType, body }));
      const outcomes = await extractInBatch({ workers, pages: inputs, options, signal });
      await forEachLimited(batch.entries(), {
        limit: PUTS_AT_ONCE,
        work: async ([at, page]) => {
          const outcome = outcomes[at];
          if (outcome !== undefined) await settle(params, { page, outcome });
          ledger.pageDone();
        },
      });
    }
  };
}

async function settle(
  params: ExtractionParams,
  { page, outcome }: { readonly page: FetchedPage; readonly outcome: PageOutcome },
): Promise<void> {
  const { shelf, ledger, keep } = params;
  const { url, order } = page;
  const [first] = outcome.problems;
  // What a block in trouble gave last time is not gone because of the trouble.
  if (first !== undefined || outcome.documents.length === 0) keep(url);
  if (outcome.documents.length === 0) {
    const { kind, message } = first ?? { kind: "no_jsonld" as const, message: `${url} holds no JSON-LD.` };
    ledger.failed({ order, url, kind, message });
    if (ledger.counts.failed <= MAX_NAMED) params.log("warn", message, { kind, url });
    return;
  }
  for (const { kind, message } of outcome.problems) ledger.problem({ kind, url, message }, order);
  const byKey = new Map(outcome.documents.map((document) => [document.key, document]));
  if (byKey.size < outcome.documents.length) {
    const count = outcome.documents.length - byKey.size;
    ledger.problem(
      { kind: "same_id", url, message: `${url}: ${count} of its blocks have the id of a later one, which is kept.` },
      order,
    );
  }
  for (const document of byKey.values()) await shelf.shelve({ document, order, url });
}
