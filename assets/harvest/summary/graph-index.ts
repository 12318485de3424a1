import { Parser } from "n3";
import type { Term } from "n3";

const SCHEMA = "https://schema.org/";
const RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";

/** The statements of one graph by subject, for questions about schema.org properties. */
export interface GraphIndex {
  /** IRIs, and labels of blank nodes with `_:`. */
  readonly subjects: readonly string[];
  hasType(subject: string, type: string): boolean;
  types(subject: string): readonly string[];
  /** Objects of a schema.org property: literals as text, nodes as their names where they have any, else as IRIs. */
  texts(subject: string, property: string): readonly string[];
  /** Names of the nodes that a schema.org property leads to. */
  namesOf(subject: string, property: string): readonly string[];
  has(subject: string, property: string): boolean;
  /** Whether another subject of the graph points to it. */
  isReferenced(subject: string): boolean;
}

/** Throws where the text is no N-Quads. */
export function indexGraph(text: string): GraphIndex {
  const bySubject = new Map<string, Map<string, Term[]>>();
  const referenced = new Set<string>();
  for (const { subject, predicate, object } of new Parser({ format: "N-Quads" }).parse(text)) {
    const id = nodeId(subject);
    const properties = bySubject.get(id) ?? new Map<string, Term[]>();
    bySubject.set(id, properties);
    const objects = properties.get(predicate.value) ?? [];
    properties.set(predicate.value, objects);
    objects.push(object);
    if (object.termType !== "Literal" && nodeId(object) !== id) referenced.add(nodeId(object));
  }
  const objectsOf = (subject: string, property: string): readonly Term[] =>
    bySubject.get(subject)?.get(`${SCHEMA}${property}`) ?? [];
  const literalsOf = (subject: string, property: string): readonly string[] =>
    objectsOf(subject, property)
      .filter((object) => object.termType === "Literal")
      .map(({ value }) => value);
  const types = (subject: string): readonly string[] =>
    distinctSorted((bySubject.get(subject)?.get(RDF_TYPE) ?? []).map(({ value }) => value));
  return {
    subjects: [...bySubject.keys()].toSorted(),
    types,
    hasType: (subject, type) => types(subject).includes(`${SCHEMA}${type}`),
    has: (subject, property) => objectsOf(subject, property).length > 0,
    isReferenced: (subject) => referenced.has(subject),
    texts: (subject, property) =>
      distinctSorted(
        objectsOf(subject, property).flatMap((object) => {
          if (object.termType === "Literal") return [object.value];
          const names = literalsOf(nodeId(object), "name");
          if (names.length > 0) return names;
          return object.termType === "NamedNode" && !isSkolemIri(object.value) ? [object.value] : [];
        }),
      ),
    namesOf: (subject, property) =>
      distinctSorted(objectsOf(subject, property).flatMap((object) => literalsOf(nodeId(object), "name"))),
  };
}

/** An IRI that stands for a blank node. */
export function isSkolemIri(iri: string): boolean {
  return iri.startsWith("https://gleaner.io/xid/genid/");
}

function nodeId(term: Term): string {
  return term.termType === "BlankNode" ? `_:${term.value}` : term.value;
}

function distinctSorted(values: readonly string[]): readonly string[] {
  return [...new Set(values)].toSorted();
}
