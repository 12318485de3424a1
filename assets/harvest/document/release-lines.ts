import { hash } from "node:crypto";

import { canonize } from "./canonical.ts";
import { statementsOf } from "./convert.ts";
import { isLanguageTag, isReleasableIri } from "./iri.ts";
import { DEFAULT_GRAPH, namedNode, quadLine, termText } from "./n-quads.ts";
import type { Quad, Term } from "./n-quads.ts";

export interface ReleaseLines {
  /** Sorted N-Quads of one graph, without blank nodes. */
  readonly text: string;
  readonly statements: number;
  /** Statements left out because a triplestore would refuse them: relative or malformed IRIs, bad language tags. */
  readonly dropped: number;
}

/**
 * A document as the release holds it: every statement in the graph `graph`, those of its own named graphs too; blank
 * nodes as IRIs that depend on nothing but the document's statements and the graph. Equal statements give equal bytes.
 * Throws `JsonLdProblem`, `TooComplexProblem`.
 */
export async function releaseLines(document: unknown, graph: string): Promise<ReleaseLines> {
  const { quads, relative } = await statementsOf(document);
  const releasable = quads.filter(isReleasable);
  const kept = inOneGraph(releasable);
  const labels = kept.some(hasBlankNode) ? (await canonize(kept)).labels : new Map<string, string>();
  const skolems = new Map<string, Term>();
  const named = (term: Term): Term => {
    if (term.termType !== "BlankNode") return term;
    const known = skolems.get(term.value) ?? skolemIri(graph, labels.get(term.value) ?? term.value);
    skolems.set(term.value, known);
    return known;
  };
  const context = namedNode(graph);
  const lines = new Set<string>();
  for (const { subject, predicate, object } of kept) {
    lines.add(
      quadLine({ subject: named(subject) as Quad["subject"], predicate, object: named(object), graph: context }),
    );
  }
  return {
    text: [...lines].toSorted().join(""),
    statements: lines.size,
    dropped: relative + quads.length - releasable.length,
  };
}

/** nabu's form of a blank node; its last part is random there, so that every reload doubles what hangs on it. */
function skolemIri(graph: string, label: string): Term {
  const digest = hash("sha256", `${graph}\n${label}`).slice(0, SKOLEM_CHARACTERS);
  return namedNode(`https://gleaner.io/xid/genid/${digest}`);
}

/** 128 bits. */
const SKOLEM_CHARACTERS = 32;

/** The name of a graph goes; what it holds stays, whatever it is called. */
function isReleasable({ subject, predicate, object }: Quad): boolean {
  return [subject, predicate, object].every(isReleasableTerm);
}

function isReleasableTerm(term: Term): boolean {
  if (term.termType === "BlankNode") return true;
  if (term.termType === "NamedNode") return isReleasableIri(term.value);
  const { language, datatype } = term;
  return (language === undefined || isLanguageTag(language)) && isReleasableIri(datatype.value);
}

function hasBlankNode({ subject, object }: Quad): boolean {
  return subject.termType === "BlankNode" || object.termType === "BlankNode";
}

/** Statements of several graphs of the document may coincide once they are in one. */
function inOneGraph(quads: readonly Quad[]): readonly Quad[] {
  // Those of one graph are unique as they are.
  if (quads.every(({ graph }) => graph.termType === "DefaultGraph")) return quads;
  const unique = new Map<string, Quad>();
  for (const { subject, predicate, object } of quads) {
    const key = `${termText(subject)} ${predicate.value} ${termText(object)}`;
    unique.set(key, { subject, predicate, object, graph: DEFAULT_GRAPH });
  }
  return [...unique.values()];
}
