import { isReleasableIri } from "../document/iri.ts";
import { escapeLiteral } from "../document/n-quads.ts";
import { indexGraph, isSkolemIri } from "./graph-index.ts";
import type { GraphIndex } from "./graph-index.ts";
import type { GraphText, SummarizedGraph } from "./summary-types.ts";

const SCHEMA = "https://schema.org/";

/**
 * One graph's record in Turtle, as the summarizing query of EarthCube's utilities with its writer makes it: the graph
 * is the subject, and tells type, name, description, keywords, publisher, place, date and the IRI of what it is about.
 * Where several subjects qualify, and where a property has several values, theirs is whichever comes first; here the
 * choice is stated and always the same.
 */
export function summarizeGraph({ graph, text }: GraphText, source: string): SummarizedGraph {
  let index: GraphIndex;
  try {
    index = indexGraph(text);
  } catch (error) {
    return { ok: false, kind: "invalid_rdf", message: error instanceof Error ? error.message : String(error) };
  }
  const subject = recordSubject(index);
  if (subject === null || !isReleasableIri(graph)) return { ok: true, record: null };
  return { ok: true, record: recordText(graph, recordFields(index, { subject, source })) };
}

/**
 * The subject with a name and a description that the record tells of; never a Person. Datasets come before all else,
 * then what nothing else in the graph points to, then what has an IRI of its own, then the smallest IRI.
 */
function recordSubject(index: GraphIndex): string | null {
  const candidates = index.subjects.filter(
    (subject) => index.has(subject, "name") && index.has(subject, "description") && !index.hasType(subject, "Person"),
  );
  const rank = (subject: string): number =>
    (index.hasType(subject, "Dataset") ? 0 : 4) +
    (index.isReferenced(subject) ? 2 : 0) +
    (subject.startsWith("_:") || isSkolemIri(subject) ? 1 : 0);
  return candidates.toSorted((left, right) => rank(left) - rank(right))[0] ?? null;
}

interface RecordOf {
  readonly subject: string;
  readonly source: string;
}

/** Predicate and object, both in Turtle, in the order of the original. */
function recordFields(index: GraphIndex, { subject, source }: RecordOf): readonly (readonly [string, string])[] {
  const first = (property: string): string => index.texts(subject, property)[0] ?? "";
  const places = index.namesOf(subject, "spatialCoverage");
  const date = first("datePublished");
  const fields: (readonly [string, string])[] = [
    ["a", recordType(index, subject)],
    ["ecsummary:name", quoted(first("name"))],
    ["ecsummary:description", quoted(first("description"))],
    ["ecsummary:keywords", quoted(index.texts(subject, "keywords").join(", "))],
    ["ecsummary:publisher", quoted(publisher(index, { subject, source }))],
    ["ecsummary:place", quoted(places.length > 0 ? places.join(", ") : "No spatialCoverage")],
  ];
  if (date !== "") fields.push(["ecsummary:date", quoted(date)]);
  if (isReleasableIri(subject) && !subject.startsWith("_:")) fields.push(["ecsummary:subjectOf", `<${subject}>`]);
  return fields;
}

/** Dataset for datasets and their catalogues, as published summaries have it; for anything else what that is. */
function recordType(index: GraphIndex, subject: string): string {
  const types = index.types(subject).filter((type) => type.startsWith(SCHEMA));
  const isData = types.length === 0 || DATA_TYPES.some((type) => types.includes(type));
  const [type = `${SCHEMA}Dataset`] = isData ? DATA_TYPES : types;
  const local = type.slice(SCHEMA.length);
  return /^[A-Za-z][A-Za-z0-9]*$/.test(local) ? `ecsummary:${local}` : `<${type}>`;
}

const DATA_TYPES: readonly string[] = [`${SCHEMA}Dataset`, `${SCHEMA}DataCatalog`];

function publisher(index: GraphIndex, { subject, source }: RecordOf): string {
  const named = [
    ...index.namesOf(subject, "publisher"),
    ...index.texts(subject, "sdPublisher"),
    ...index.namesOf(subject, "provider"),
  ];
  return named.find((name) => name !== "No Publisher") ?? source;
}

function quoted(text: string): string {
  return `"${escapeLiteral(text)}"`;
}

function recordText(graph: string, fields: readonly (readonly [string, string])[]): string {
  const lines = fields.map(([predicate, object]) => `    ${predicate} ${object}`);
  return `\n<${graph}>\n${lines.join(" ;\n")} .\n`;
}
