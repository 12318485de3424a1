import { canonize } from "./canonical.ts";
import { isAbsoluteIri, isAcceptedIri } from "./iri.ts";
import { expandJsonLd } from "./json-ld.ts";
import type { GraphTerm, Term } from "./n-quads.ts";
import { toQuads } from "./to-quads.ts";
import type { Statements } from "./to-quads.ts";

/** The statements of a document, whole, as they stand: relative types and odd IRIs are still among them. */
export async function statementsOf(document: unknown): Promise<Statements> {
  return toQuads(await expandJsonLd(document));
}

/**
 * The canonical text whose SHA-1 is gleaner's `jsonsha`: of the statements that json-gold keeps.
 * Throws `TooComplexProblem`.
 */
export async function canonicalText({ quads }: Statements): Promise<string> {
  const accepted = quads.filter(
    ({ subject, predicate, object, graph }) => isAcceptedGraph(graph) && [subject, predicate, object].every(isAccepted),
  );
  return (await canonize(accepted)).text;
}

function isAcceptedGraph(graph: GraphTerm): boolean {
  return graph.termType !== "NamedNode" || (isAbsoluteIri(graph.value) && isAcceptedIri(graph.value));
}

function isAccepted(term: Term): boolean {
  if (term.termType === "BlankNode") return true;
  if (term.termType === "NamedNode") return isAcceptedIri(term.value);
  const { language, datatype } = term;
  return (language === undefined || LANGUAGE_OF_JSON_GOLD.test(language)) && isAcceptedIri(datatype.value);
}

const LANGUAGE_OF_JSON_GOLD = /^[a-zA-Z]+(?:-[a-zA-Z0-9]+)*$/;
