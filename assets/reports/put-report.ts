import type { Clock, ObjectStore } from "../../engine/index.ts";

export interface PutReportParams {
  readonly store: ObjectStore;
  readonly bucket: string;
  /** The folder below `reports/`: a source, `all`, `tenant/<community>`. */
  readonly source: string;
  /** The file, `load_report_s3.json`. */
  readonly name: string;
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

export interface StoredReport {
  readonly latestKey: string;
  readonly datedKey: string;
  readonly sizeBytes: number;
}

const contentTypes: Readonly<Record<string, string>> = {
  csv: "text/csv; charset=utf-8",
  json: "application/json",
};

/**
 * Writes `reports/<source>/latest/<name>` and copies it, on the store's side, to `reports/<source>/<YYYYMMDD>/<name>`
 * (UTC); a second report of the same day takes its place (gleaner-nabu.md §4).
 */
export async function putReport(params: PutReportParams): Promise<StoredReport> {
  const { store, bucket, source, name, body, clock, signal } = params;
  const latestKey = `reports/${source}/latest/${name}`;
  const datedKey = `reports/${source}/${dateOf(clock.now()).replaceAll("-", "")}/${name}`;
  const contentType = contentTypes[name.slice(name.lastIndexOf(".") + 1)];
  const { sizeBytes } = await store.put({ bucket, key: latestKey, body, contentType, signal });
  await store.copy({ bucket, from: latestKey, to: datedKey, signal });
  return Object.freeze({ latestKey, datedKey, sizeBytes });
}

/** `YYYY-MM-DD`, UTC: the `date` of a report. */
export function dateOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** The text of a JSON report, as people read it. */
export function reportText(report: object): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
