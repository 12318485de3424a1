import { EngineError, isEngineError } from "../../engine/index.ts";
import type { Clock, ObjectStore, ObjectSummary, WorkerPool } from "../../engine/index.ts";
import { ownBytes, runBatch } from "./batch.ts";
import { MAX_DOCUMENT_BYTES } from "./document/limits.ts";
import { forEachLimited } from "./flow/stages.ts";
import { archiveKey, graphUrn, releaseKey, scratchKey, summonedId, summonedPrefix } from "./keys.ts";
import { catalogueLines } from "./release/catalogue.ts";
import { grouped, inOrder } from "./release/in-order.ts";
import { replaceObject } from "./release/replace-object.ts";
import { createReleaseTally } from "./release/release-tally.ts";
import type { ReleaseTally } from "./release/release-tally.ts";
import type {
  ConvertDocumentsInput,
  ConvertedDocument,
  ReleaseProgress,
  ReleaseReport,
  StoredDocument,
} from "./release/release-types.ts";
import type { SummonLog } from "./summon/summon-report.ts";

export type { ReleaseProgress, ReleaseReport, SkipKind, SkippedDocument } from "./release/release-types.ts";

/** What goes to a worker at once. */
const MAX_BATCH_DOCUMENTS = 32;
const MAX_BATCH_BYTES = 2 * 1024 * 1024;
/** Objects of one batch that are read at the same time. */
const READS_AT_ONCE = 8;

export interface ReleaseParams {
  readonly source: string;
  /** `implementation_network.orgname` of the nabu configuration; part of every graph's IRI. */
  readonly orgName: string;
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly workers: WorkerPool;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ReleaseProgress) => void;
  readonly log: SummonLog;
  /** Per document; default `ITEM_TIMEOUT_MS`. */
  readonly documentTimeoutMs?: number | undefined;
}

/**
 * Makes the release of a source: its documents, in key order, as N-Quads, one graph a document, and a catalogue.
 * Documents stream through the workers; only the IRIs of their graphs are kept.
 *
 * It is built under `scratch/`; only where its content differs from that of the release before (its SHA-256 is kept
 * as metadata) does it get a dated copy in the archive and take the place of the latest. A document that cannot be
 * converted is named in the report and the others go on.
 *
 * Throws `harvest` where there is no document, or none that can be converted; the release before stays.
 */
export async function releaseSource(params: ReleaseParams): Promise<ReleaseReport> {
  const { source, store, bucket, clock, signal, log } = params;
  const tally = createReleaseTally();
  const key = releaseKey(source);
  const archive = archiveKey(source, clock.now());
  const changed = await replaceObject({
    store,
    bucket,
    scratch: scratchKey(key),
    key,
    copyTo: archive,
    contentType: "application/octet-stream",
    body: releaseBody(params, tally),
    sha256: () => tally.content().sha256,
    signal,
  });
  const report = { source, key, archiveKey: changed ? archive : null, changed, ...tally.report() };
  log("info", `${report.documents} documents, ${report.quads} statements`, { key, changed });
  return report;
}

async function* releaseBody(params: ReleaseParams, tally: ReleaseTally): AsyncGenerator<Uint8Array, void> {
  const { source, orgName, store, bucket, workers, signal, onProgress, log } = params;
  const listed = store.list({ bucket, prefix: summonedPrefix(source), signal });
  const groups = grouped(listed, {
    maxItems: MAX_BATCH_DOCUMENTS,
    maxBytes: MAX_BATCH_BYTES,
    bytesOf: ({ sizeBytes }) => sizeBytes,
  });
  const batches = inOrder(groups, {
    atOnce: workers.size + 1,
    run: (group, batchSignal) => convertGroup(group, { ...params, signal: batchSignal }),
    signal,
  });
  for await (const batch of batches) {
    const texts: string[] = [];
    for (const { key, graph, converted } of batch) {
      if (converted.ok) {
        tally.released(graph, converted);
        texts.push(converted.text);
      } else {
        const named = tally.skipped({ key, kind: converted.kind, message: converted.message });
        if (named) log("warn", `${key}: ${converted.message}`, { kind: converted.kind });
      }
    }
    if (texts.length > 0) yield tally.written(texts.join(""));
    onProgress(tally.progress());
  }
  if (tally.graphs.length === 0) throw nothingReleased(source, tally);
  const contentSha256 = tally.content().sha256;
  const lines = catalogueLines({ orgName, source, graphs: tally.graphs, contentSha256 });
  tally.added(lines.length);
  yield tally.written(lines.join(""));
  onProgress(tally.progress());
}

interface GroupMember {
  readonly key: string;
  readonly graph: string;
  readonly converted: ConvertedDocument;
}

async function convertGroup(group: readonly ObjectSummary[], params: ReleaseParams): Promise<readonly GroupMember[]> {
  const { source, orgName, workers, signal, documentTimeoutMs } = params;
  const members = new Map<string, GroupMember>();
  const documents: StoredDocument[] = [];
  await forEachLimited(group, {
    limit: READS_AT_ONCE,
    work: async ({ key, sizeBytes }) => {
      const graph = graphUrn({ orgName, source, id: summonedId(source, key) ?? "" });
      const read = await readDocument({ key, sizeBytes, graph }, params);
      if ("ok" in read) members.set(key, { key, graph, converted: read });
      else documents.push(read);
    },
  });
  const outcomes = await runBatch<StoredDocument, ConvertedDocument>({
    workers,
    module: "document-tasks",
    task: "convertDocuments",
    items: documents,
    input: (items): ConvertDocumentsInput => ({ documents: items }),
    bytesOf: ({ body }) => body.byteLength,
    itemTimeoutMs: documentTimeoutMs,
    signal,
  });
  for (const [index, { key, graph }] of documents.entries()) {
    const outcome = outcomes[index];
    if (outcome !== undefined) members.set(key, { key, graph, converted: outcome.ok ? outcome.value : outcome });
  }
  return group.flatMap(({ key }) => members.get(key) ?? []);
}

interface ToRead {
  readonly key: string;
  readonly sizeBytes: number;
  readonly graph: string;
}

type NotRead = Extract<ConvertedDocument, { ok: false }>;

async function readDocument(
  { key, sizeBytes, graph }: ToRead,
  { store, bucket, signal }: ReleaseParams,
): Promise<StoredDocument | NotRead> {
  if (sizeBytes > MAX_DOCUMENT_BYTES) {
    const message = `it has ${sizeBytes} bytes; at most ${MAX_DOCUMENT_BYTES} are converted`;
    return { ok: false, kind: "too_large", message };
  }
  try {
    const { body } = await store.get({ bucket, key, signal });
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return { key, graph, body: ownBytes(Buffer.concat(chunks)) };
  } catch (error) {
    if (!isEngineError(error, "object_not_found")) throw error;
    return { ok: false, kind: "missing", message: "it went while the release was made" };
  }
}

function nothingReleased(source: string, tally: ReleaseTally): EngineError {
  const { skipped } = tally.report();
  const [first] = skipped.named;
  if (first === undefined) {
    const where = summonedPrefix(source);
    return new EngineError("harvest", `there is nothing to release under ${where}; summon the source first`);
  }
  const reason = `${first.key}: ${first.message}`;
  return new EngineError("harvest", `none of ${skipped.count} documents of ${source} can be converted; ${reason}`, {
    details: { skipped: skipped.byKind },
  });
}
