import { createHash } from "node:crypto";

import { EngineError, isEngineError } from "../../engine/index.ts";
import type { ObjectReading, ObjectStore, WorkerPool } from "../../engine/index.ts";
import { runBatch } from "./batch.ts";
import { releaseKey, scratchKey, summaryKey } from "./keys.ts";
import { grouped, inOrder } from "./release/in-order.ts";
import { replaceObject } from "./release/replace-object.ts";
import { isGraphText, readGraphs } from "./summary/read-graphs.ts";
import type { ReadGraph } from "./summary/read-graphs.ts";
import { SUMMARY_HEAD } from "./summary/summary-head.ts";
import type { GraphText, SummarizeGraphsInput, SummarizedGraph, SummaryReport } from "./summary/summary-types.ts";
import type { SummonLog } from "./summon/summon-report.ts";

export type { SummaryReport } from "./summary/summary-types.ts";

const MAX_BATCH_GRAPHS = 64;
const MAX_BATCH_BYTES = 2 * 1024 * 1024;
/** A graph larger than this is named and left out. Graphs of sitegraphs are the large ones. */
const MAX_GRAPH_BYTES = 128 * 1024 * 1024;
const MAX_NAMED = 100;

export interface SummaryParams {
  readonly source: string;
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly workers: WorkerPool;
  readonly signal: AbortSignal;
  readonly log: SummonLog;
  /** Per graph; default `ITEM_TIMEOUT_MS`. */
  readonly graphTimeoutMs?: number | undefined;
}

/**
 * Makes the summary of a source from its release: one record a graph, in the release's order. The release streams
 * through the workers; it may be one that nabu wrote. Equal releases give equal bytes, and an unchanged summary is not
 * written.
 *
 * Throws `harvest` where there is no release.
 */
export async function summarizeSource(params: SummaryParams): Promise<SummaryReport> {
  const { source, store, bucket, signal, log } = params;
  const key = summaryKey(source);
  const release = await openRelease(params);
  const tally = createSummaryTally();
  try {
    const changed = await replaceObject({
      store,
      bucket,
      scratch: scratchKey(key),
      key,
      contentType: "text/turtle",
      body: summaryBody(params, { release, tally }),
      sha256: () => tally.report().sha256,
      signal,
    });
    const report = { source, key, changed, ...tally.report() };
    log("info", `${report.summarized} records of ${report.graphs} graphs`, { key, changed });
    return report;
  } finally {
    release.body.destroy();
  }
}

async function openRelease({ source, store, bucket, signal }: SummaryParams): Promise<ObjectReading> {
  const key = releaseKey(source);
  try {
    return await store.get({ bucket, key, signal });
  } catch (error) {
    if (!isEngineError(error, "object_not_found")) throw error;
    throw new EngineError("harvest", `there is no release of ${source} (${key}); release it first`, { cause: error });
  }
}

interface SummaryWork {
  readonly release: ObjectReading;
  readonly tally: SummaryTally;
}

async function* summaryBody(params: SummaryParams, { release, tally }: SummaryWork): AsyncGenerator<Uint8Array, void> {
  const { workers, signal, log } = params;
  yield tally.written(SUMMARY_HEAD);
  const groups = grouped(readGraphs(release.body, MAX_GRAPH_BYTES), {
    maxItems: MAX_BATCH_GRAPHS,
    maxBytes: MAX_BATCH_BYTES,
    bytesOf: ({ bytes }) => bytes,
  });
  const batches = inOrder(groups, {
    atOnce: workers.size + 1,
    run: (group, batchSignal) => summarizeGroup(group, { ...params, signal: batchSignal }),
    signal,
  });
  const seen = new Set<string>();
  for await (const batch of batches) {
    const records: string[] = [];
    for (const { graph, outcome } of batch) {
      if (isCatalogue(graph)) continue;
      const repeated = seen.has(graph);
      seen.add(graph);
      const counted = repeated ? REPEATED : outcome;
      const named = tally.graph(graph, counted);
      if (counted.ok && counted.record !== null) records.push(counted.record);
      else if (!counted.ok && named) log("warn", `${graph}: ${counted.message}`, { kind: counted.kind });
    }
    if (records.length > 0) yield tally.written(records.join(""));
  }
}

const REPEATED: SummarizedGraph = {
  ok: false,
  kind: "repeated",
  message: "its statements do not stand together in the release; the first part is summarized",
};

/** The graph in which a release lists its documents. */
function isCatalogue(graph: string): boolean {
  return /:datacatalog:[0-9a-f]{64}$/.test(graph);
}

interface GroupMember {
  readonly graph: string;
  readonly outcome: SummarizedGraph;
}

async function summarizeGroup(group: readonly ReadGraph[], params: SummaryParams): Promise<readonly GroupMember[]> {
  const { source, workers, signal, graphTimeoutMs } = params;
  const graphs = group.filter(isGraphText);
  const outcomes = await runBatch<GraphText, SummarizedGraph>({
    workers,
    module: "document-tasks",
    task: "summarizeGraphs",
    items: graphs,
    input: (items): SummarizeGraphsInput => ({ graphs: items, source }),
    bytesOf: ({ text }) => text.length,
    itemTimeoutMs: graphTimeoutMs,
    signal,
  });
  let next = 0;
  return group.map((read) => {
    if (!isGraphText(read)) {
      const message = `it has ${read.bytes} bytes; at most ${MAX_GRAPH_BYTES} are summarized`;
      return { graph: read.graph, outcome: { ok: false, kind: "too_large", message } };
    }
    const outcome = outcomes[next++];
    if (outcome === undefined) throw new EngineError("internal", `no outcome for the graph ${read.graph}`);
    return { graph: read.graph, outcome: outcome.ok ? outcome.value : outcome };
  });
}

interface SummaryTally {
  /** Says whether the report names it. */
  graph(graph: string, outcome: SummarizedGraph): boolean;
  written(text: string): Uint8Array;
  report(): Omit<SummaryReport, "source" | "key" | "changed">;
}

function createSummaryTally(): SummaryTally {
  const hash = createHash("sha256");
  const withoutRecord: string[] = [];
  const named: SummaryReport["skipped"]["named"][number][] = [];
  let graphs = 0;
  let summarized = 0;
  let skipped = 0;
  let bytes = 0;
  return {
    graph(graph, outcome) {
      graphs += 1;
      if (outcome.ok && outcome.record !== null) {
        summarized += 1;
        return false;
      }
      if (outcome.ok) {
        const names = withoutRecord.length < MAX_NAMED;
        if (names) withoutRecord.push(graph);
        return names;
      }
      skipped += 1;
      const names = named.length < MAX_NAMED;
      if (names) named.push({ graph, kind: outcome.kind, message: outcome.message });
      return names;
    },
    written(text) {
      const part = Buffer.from(text, "utf8");
      hash.update(part);
      bytes += part.byteLength;
      return part;
    },
    report: () => ({
      graphs,
      summarized,
      withoutRecord: [...withoutRecord],
      skipped: { count: skipped, named: [...named] },
      bytes,
      sha256: hash.copy().digest("hex"),
    }),
  };
}
