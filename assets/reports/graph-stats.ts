import { isEngineError } from "../../engine/index.ts";
import type { Clock, ObjectStore } from "../../engine/index.ts";
import { releaseKey, urnPart } from "../harvest/keys.ts";
import { createGraphCounter } from "./graph-counts.ts";
import type { GraphCounts, ValueCount } from "./graph-counts.ts";
import { seconds } from "./load-report.ts";
import { dateOf } from "./put-report.ts";
import { parseQuadLine, textLines } from "./quad-line.ts";
import type { QuadLine } from "./quad-line.ts";

/** `graph_stats.json`, spelt as earthcube-utilities spells it (`tripelcount`, `errpr`; gleaner-nabu.md §4.2). */
export interface GraphStats {
  readonly version: 0;
  readonly repo: string;
  readonly date: string;
  readonly reports: readonly GraphStatsPart[];
  /** Lines of the release that are no N-Quads; only where there are any. */
  readonly invalid_lines?: number;
  /** What was met over the counter's limits and not counted; only where there is any. */
  readonly values_left_out?: number;
}

export type GraphStatsPart =
  | {
      readonly report: string;
      /** Seconds. All parts come from one pass. */
      readonly processing_time: number;
      readonly length: number;
      readonly data: readonly Readonly<Record<string, string | number>>[];
      /** Rows that `MAX_ROWS` cut off; only where there are any. */
      readonly rows_left_out?: number;
    }
  | {
      readonly report: string;
      readonly errpr: string;
      readonly processing_time: number;
      readonly data: readonly [];
    };

/** Rows of one part, largest counts first. */
export const MAX_ROWS = 10_000;

export interface GraphStatsParams {
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly source: string;
  readonly clock: Clock;
  /** Default: the source's newest release. */
  readonly releaseKey?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Counts what the source's release holds, streaming. Only graphs of exactly this source count, so a release of nabu's
 * that took in `iris2` beside `iris` gives the figures of `iris`. Without a release every part says so in `errpr`.
 * Throws what the store throws otherwise.
 */
export async function graphStats(params: GraphStatsParams): Promise<GraphStats> {
  const { store, bucket, source, clock, signal } = params;
  const key = params.releaseKey ?? releaseKey(source);
  const startedAt = clock.monotonic();
  const head = { version: 0, repo: source, date: dateOf(clock.now()) } as const;
  const time = (): number => seconds(clock.monotonic() - startedAt);
  let invalidLines = 0;
  const counter = createGraphCounter();
  try {
    const { body } = await store.get({ bucket, key, signal });
    for await (const lines of textLines(body)) {
      signal?.throwIfAborted();
      for (const line of lines) {
        const quad = parseQuadLine(line);
        if (quad === null) invalidLines += 1;
        else if (isOf(source, quad)) counter.add(quad);
      }
    }
  } catch (error) {
    if (!isEngineError(error, "object_not_found")) throw error;
    const errpr = `there is no release at ${key}`;
    const failed = partNames.map((report) => ({ report, errpr, processing_time: time(), data: [] as const }));
    return { ...head, reports: failed };
  }
  const counts = counter.finish();
  return {
    ...head,
    reports: partsOf(counts, time()),
    ...(invalidLines === 0 ? {} : { invalid_lines: invalidLines }),
    ...(counts.leftOut === 0 ? {} : { values_left_out: counts.leftOut }),
  };
}

/**
 * Whether the statement is in a graph of this source. Graph URNs are `urn:gleaner.io:<org>:<source>:…`; older releases
 * have `urn:gleaner:summoned:<source>:<sha>` and `urn:<bucket>:<source>:<sha>` (gleaner-nabu.md §3.2).
 */
function isOf(source: string, { graph }: QuadLine): boolean {
  const [, space, second, third] = graph.split(":", 4);
  const inThird = space === "gleaner.io" || second === "summoned" || second === "milled";
  const named = inThird ? third : second;
  return named === source || named === urnPart(source);
}

const partNames = [
  "triple_count",
  "dataset_count",
  "type_count",
  "kw_count",
  "variablename_count",
  "version_count",
  "graph_sizes_count",
];

function partsOf(counts: GraphCounts, processingTime: number): readonly GraphStatsPart[] {
  const rows: Readonly<Record<string, readonly Readonly<Record<string, string | number>>[]>> = {
    triple_count: [{ tripelcount: counts.triples }],
    dataset_count: [{ datasetcount: counts.datasets }],
    type_count: named(counts.types, { value: "type", count: "scount" }),
    kw_count: named(counts.keywords, { value: "keyword", count: "scount" }),
    variablename_count: named(counts.variableNames, { value: "variableName", count: "scount" }),
    version_count: named(counts.versions, { value: "g", count: "versionscount" }),
    graph_sizes_count: counts.sizes.map(({ triples, graphs }) => ({ triple_per_jsonld: triples, count: graphs })),
  };
  return partNames.map((report) => {
    const all = rows[report] ?? [];
    const data = all.slice(0, MAX_ROWS);
    const part = { report, processing_time: processingTime, length: data.length, data };
    return data.length === all.length ? part : Object.assign(part, { rows_left_out: all.length - data.length });
  });
}

function named(rows: readonly ValueCount[], names: { readonly value: string; readonly count: string }) {
  return rows.map(({ value, count }) => ({ [names.value]: value, [names.count]: count }));
}
