import { createHash } from "node:crypto";

import type { ReleaseProgress, ReleaseReport, SkipKind, SkippedDocument } from "./release-types.ts";

/** Skipped documents that a report names; the others are counted. */
export const MAX_NAMED_SKIPS = 100;

/** What a release counts while it is written. */
export interface ReleaseTally {
  /** Graphs of the documents so far, in order. */
  readonly graphs: readonly string[];
  released(graph: string, counts: { readonly statements: number; readonly dropped: number }): void;
  /** Statements that belong to no document. */
  added(statements: number): void;
  /** Says whether the report names it. */
  skipped(document: SkippedDocument): boolean;
  /** Counts and hashes a part of the content, and gives it as bytes. */
  written(text: string): Uint8Array;
  /** Of all that was written so far. */
  content(): { readonly sha256: string; readonly bytes: number };
  progress(): ReleaseProgress;
  report(): Omit<ReleaseReport, "source" | "key" | "archiveKey" | "changed">;
}

export function createReleaseTally(): ReleaseTally {
  const hash = createHash("sha256");
  const graphs: string[] = [];
  const named: SkippedDocument[] = [];
  const byKind: Partial<Record<SkipKind, number>> = {};
  let skipped = 0;
  let quads = 0;
  let bytes = 0;
  let droppedStatements = 0;
  const content = (): { sha256: string; bytes: number } => ({ sha256: hash.copy().digest("hex"), bytes });
  return {
    graphs,
    content,
    released(graph, { statements, dropped }) {
      graphs.push(graph);
      quads += statements;
      droppedStatements += dropped;
    },
    added(statements) {
      quads += statements;
    },
    skipped(document) {
      skipped += 1;
      byKind[document.kind] = (byKind[document.kind] ?? 0) + 1;
      const names = named.length < MAX_NAMED_SKIPS;
      if (names) named.push(document);
      return names;
    },
    written(text) {
      const part = Buffer.from(text, "utf8");
      hash.update(part);
      bytes += part.byteLength;
      return part;
    },
    progress: () => ({ documents: graphs.length, skipped, quads, bytes }),
    report: () => ({
      documents: graphs.length,
      quads,
      ...content(),
      skipped: { count: skipped, byKind: { ...byKind }, named: [...named] },
      droppedStatements,
    }),
  };
}
