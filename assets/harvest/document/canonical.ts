import { hash } from "node:crypto";

import rdfCanonize from "rdf-canonize";

import { compareUtf8 } from "./go-json.ts";
import type { Quad } from "./n-quads.ts";

/**
 * How often the deep comparison of blank nodes may run for one document: as often as the square of their number, which
 * a chain of twins needs (a list of equal values), at least and at most these many times. A graph made to be hard needs
 * more than there is time for.
 */
export const MIN_DEEP_COMPARISONS = 10_000;
export const MAX_DEEP_COMPARISONS = 250_000;

function deepComparisons(quads: readonly Quad[]): number {
  const labels = new Set<string>();
  for (const { subject, object } of quads) {
    if (subject.termType === "BlankNode") labels.add(subject.value);
    if (object.termType === "BlankNode") labels.add(object.value);
  }
  return Math.min(MAX_DEEP_COMPARISONS, Math.max(MIN_DEEP_COMPARISONS, labels.size ** 2));
}

/** The blank nodes of a document are too alike to be told apart within the limit. */
export class TooComplexProblem extends Error {
  override readonly name = "TooComplexProblem";
}

/**
 * Labels by RDFC-1.0 (URDNA2015): the label of each blank node, and the sorted statements with these labels.
 * Throws `TooComplexProblem`. Some hard graphs take very long without reaching the limit: give the caller a time limit.
 */
export async function canonize(quads: readonly Quad[]): Promise<CanonicalDataset> {
  const labels = new Map<string, string>();
  const maxDeepIterations = deepComparisons(quads);
  try {
    const text = await rdfCanonize.canonize(quads, {
      algorithm: "RDFC-1.0",
      format: "application/n-quads",
      canonicalIdMap: labels,
      maxDeepIterations,
      createMessageDigest: sha256InOne,
    });
    return { labels, text: inByteOrder(text) };
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("Maximum deep iterations exceeded")) {
      throw new TooComplexProblem(
        `its blank nodes are too alike to be told apart within ${maxDeepIterations} comparisons`,
        { cause: error },
      );
    }
    throw error;
  }
}

/** The library's own makes a hash object a blank node; these texts are short, and hashing one whole costs a third. */
function sha256InOne(): { update(text: string): void; digest(): string } {
  const parts: string[] = [];
  return { update: (text) => void parts.push(text), digest: () => hash("sha256", parts.join("")) };
}

export interface CanonicalDataset {
  readonly labels: ReadonlyMap<string, string>;
  readonly text: string;
}

/** The library sorts by UTF-16; the standard, and gleaner, by code points. They differ only beyond the BMP. */
function inByteOrder(text: string): string {
  if (!/[\ud800-\udfff]/.test(text)) return text;
  return text
    .split("\n")
    .filter((line) => line !== "")
    .toSorted(compareUtf8)
    .map((line) => `${line}\n`)
    .join("");
}
