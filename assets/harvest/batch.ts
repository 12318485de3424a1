import { EngineError, isEngineError, siblingModule } from "../../engine/index.ts";
import type { WorkerPool } from "../../engine/index.ts";
import type { ExtractOptions, ExtractPagesInput, PageInput, PageOutcome } from "./document-types.ts";

/** What one item may cost before its worker is ended: a base, and a share for its size. */
export const ITEM_TIMEOUT_MS = 20_000;
export const TIMEOUT_PER_MIB_MS = 4_000;
const MEBIBYTE = 1024 * 1024;

export interface BatchParams<I> {
  readonly workers: WorkerPool;
  /** The name of the module beside this file, without extension. */
  readonly module: string;
  /** Its export; takes what `input` makes of items, answers with one result an item, in order. */
  readonly task: string;
  readonly items: readonly I[];
  readonly input: (items: readonly I[]) => unknown;
  readonly bytesOf: (item: I) => number;
  /** Default `ITEM_TIMEOUT_MS`. */
  readonly itemTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What became of one item. `timeout` and `crash` mean: it alone, in a worker of its own, could not be finished. */
export type ItemOutcome<O> =
  | { readonly ok: true; readonly value: O }
  | { readonly ok: false; readonly kind: "timeout" | "crash"; readonly message: string };

/**
 * Runs items as one task of the worker pool. Where the batch runs out of time or ends its worker, it is cut in two
 * until the guilty item stands alone; that one is named, all others get their results. The outcomes are in the order
 * of the items. Throws only what concerns the whole: an abort, a closed pool.
 */
export async function runBatch<I, O>(params: BatchParams<I>): Promise<readonly ItemOutcome<O>[]> {
  const { items, signal } = params;
  if (items.length === 0) return [];
  try {
    const values = await runOnce<I, O>(params);
    return values.map((value) => ({ ok: true, value }));
  } catch (error) {
    signal?.throwIfAborted();
    if (isEngineError(error) && !isEngineError(error, "worker_timeout") && !isEngineError(error, "worker_crashed")) {
      throw error;
    }
    const [only] = items;
    if (items.length === 1 && only !== undefined) return [blame(error, params)];
    const middle = Math.ceil(items.length / 2);
    const first = await runBatch<I, O>({ ...params, items: items.slice(0, middle) });
    const second = await runBatch<I, O>({ ...params, items: items.slice(middle) });
    return [...first, ...second];
  }
}

async function runOnce<I, O>(params: BatchParams<I>): Promise<readonly O[]> {
  const { workers, module, task, items, input, signal } = params;
  const values = await workers.run<readonly O[]>({
    module: siblingModule(import.meta.url, module),
    task,
    input: input(items),
    timeoutMs: timeLimitMs(params),
    signal,
  });
  if (values.length !== items.length) {
    throw new EngineError("internal", `${task} answered ${values.length} results for ${items.length} items`);
  }
  return values;
}

/** The limit of the whole batch: its items together rarely take what a single one may. */
function timeLimitMs<I>({ items, bytesOf, itemTimeoutMs = ITEM_TIMEOUT_MS }: BatchParams<I>): number {
  const bytes = items.reduce((sum, item) => sum + bytesOf(item), 0);
  return itemTimeoutMs + Math.ceil((bytes / MEBIBYTE) * TIMEOUT_PER_MIB_MS);
}

function blame<I, O>(error: unknown, params: BatchParams<I>): ItemOutcome<O> {
  if (isEngineError(error, "worker_timeout")) {
    return { ok: false, kind: "timeout", message: `not finished within ${timeLimitMs(params) / 1000} s` };
  }
  const reason = error instanceof Error ? error.message : String(error);
  return { ok: false, kind: "crash", message: `its worker ended: ${reason}` };
}

export interface ExtractBatchParams {
  readonly workers: WorkerPool;
  readonly pages: readonly PageInput[];
  readonly options: ExtractOptions;
  /** Default `ITEM_TIMEOUT_MS`. */
  readonly pageTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Extracts the documents of some pages in a worker. One outcome a page, in order; a hostile page is one problem. */
export async function extractInBatch(params: ExtractBatchParams): Promise<readonly PageOutcome[]> {
  const { workers, pages, options, pageTimeoutMs, signal } = params;
  const outcomes = await runBatch<PageInput, PageOutcome>({
    workers,
    module: "document-tasks",
    task: "extractPages",
    items: pages.map((page) => ({ ...page, body: ownBytes(page.body) })),
    input: (items): ExtractPagesInput => ({ pages: items, options }),
    bytesOf: (page) => page.body.byteLength,
    itemTimeoutMs: pageTimeoutMs,
    signal,
  });
  return outcomes.map((outcome, index) => {
    if (outcome.ok) return outcome.value;
    const { kind, message } = outcome;
    return { url: pages[index]?.url ?? "", documents: [], problems: [{ kind, message }] };
  });
}

/** Bytes in a buffer of their own: sending a view sends all that lies under it. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
