import { isAbsoluteIri } from "./iri.ts";
import type { Expanded } from "./json-ld.ts";
import { DEFAULT_GRAPH, languageLiteral, literal, namedNode } from "./n-quads.ts";
import type { GraphTerm, Quad, Term } from "./n-quads.ts";

const RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const XSD = "http://www.w3.org/2001/XMLSchema#";
/** What Go's int64 holds; json-gold writes greater whole numbers as doubles. */
const MIN_INTEGER = -(2 ** 63);
const MAX_INTEGER = 2 ** 63 - 1024;

type NodeTerm = Exclude<Term, { termType: "Literal" }>;
type Json = Readonly<Record<string, unknown>>;

/**
 * The statements of an expanded document, as json-gold makes them: relative subjects, predicates and objects give none,
 * relative types do, numbers have its spelling. (Relative names of graphs are kept; json-gold drops what they hold.) Our own and not `jsonld.toRDF`, which rewrites the text of typed
 * doubles, crashes on a relative IRI in a list, and collects nodes in plain objects, where an id such as `__proto__`
 * reaches what it must not.
 *
 * Repeated statements come once. Blank nodes are named `b0`, `b1`, … in the order of the document.
 */
export function toQuads(expanded: Expanded): Statements {
  const writer = createWriter();
  for (const item of expanded) visitNode(writer, item as Json, DEFAULT_GRAPH);
  return { quads: [...writer.quads.values()], relative: writer.relative() };
}

export interface Statements {
  readonly quads: readonly Quad[];
  /** How many statements were left out for a relative subject, predicate or object. */
  readonly relative: number;
}

interface Writer {
  readonly quads: ReadonlyMap<string, Quad>;
  emit(quad: Quad): void;
  /** Counts a statement that is left out. */
  leaveOut(): void;
  relative(): number;
  /** A fresh blank node, or the one that stands for `label`. */
  blank(label?: string): NodeTerm;
}

function createWriter(): Writer {
  const quads = new Map<string, Quad>();
  const labels = new Map<string, NodeTerm>();
  let count = 0;
  let relative = 0;
  const fresh = (): NodeTerm => ({ termType: "BlankNode", value: `b${count++}` });
  return {
    quads,
    emit: (quad) => void quads.set(quadKey(quad), quad),
    leaveOut: () => {
      relative += 1;
    },
    relative: () => relative,
    blank(label) {
      if (label === undefined) return fresh();
      const known = labels.get(label) ?? fresh();
      labels.set(label, known);
      return known;
    },
  };
}

/** Unambiguous, whatever characters the parts hold: each but the last is told with its length. */
function quadKey({ subject, predicate, object, graph }: Quad): string {
  const typed = object.termType === "Literal" ? part(object.datatype.value) + part(object.language ?? "") : "";
  const place = node(subject) + part(predicate.value) + node(graph);
  return `${place}${typed}${object.termType}${object.value}`;
}

function part(value: string): string {
  return `${value.length}:${value}`;
}

function node({ termType, value }: GraphTerm): string {
  return `${termType}${part(value)}`;
}

/** Writes what a node says and names; gives its term, null where its id is relative. */
function visitNode(writer: Writer, node: Json, graph: GraphTerm): NodeTerm | null {
  const subject = nodeTerm(writer, node["@id"]);
  for (const [key, value] of Object.entries(node)) {
    if (key === "@type") writeTypes(writer, { subject, types: value as readonly string[], graph });
    else if (key === "@reverse") visitReverse(writer, { object: subject, map: value as Json, graph });
    else if (key === "@included") visitAll(writer, value, graph);
    else if (key === "@graph") visitAll(writer, value, subject ?? namedNode(String(node["@id"])));
    else if (!key.startsWith("@")) {
      for (const item of value as readonly unknown[]) {
        const object = visitObject(writer, item as Json, graph);
        write(writer, { subject, predicate: key, object, graph });
      }
    }
  }
  return subject;
}

function visitAll(writer: Writer, nodes: unknown, graph: GraphTerm): void {
  for (const node of nodes as readonly unknown[]) visitNode(writer, node as Json, graph);
}

function visitReverse(writer: Writer, { object, map, graph }: ReverseParams): void {
  for (const [predicate, nodes] of Object.entries(map)) {
    for (const node of nodes as readonly unknown[]) {
      const subject = visitNode(writer, node as Json, graph);
      write(writer, { subject, predicate, object, graph });
    }
  }
}

interface ReverseParams {
  readonly object: NodeTerm | null;
  readonly map: Json;
  readonly graph: GraphTerm;
}

interface TypesParams {
  readonly subject: NodeTerm | null;
  readonly types: readonly string[];
  readonly graph: GraphTerm;
}

function writeTypes(writer: Writer, { subject, types, graph }: TypesParams): void {
  for (const type of types) {
    const object = type.startsWith("_:") ? writer.blank(type) : namedNode(type);
    write(writer, { subject, predicate: `${RDF}type`, object, graph });
  }
}

interface Statement {
  readonly subject: NodeTerm | null;
  readonly predicate: string;
  readonly object: Term | null;
  readonly graph: GraphTerm;
}

function write(writer: Writer, { subject, predicate, object, graph }: Statement): void {
  if (subject === null || object === null || predicate.startsWith("_:") || !isAbsoluteIri(predicate)) {
    writer.leaveOut();
    return;
  }
  writer.emit({ subject, predicate: namedNode(predicate), object, graph });
}

function nodeTerm(writer: Writer, id: unknown): NodeTerm | null {
  if (typeof id !== "string") return writer.blank();
  if (id.startsWith("_:")) return writer.blank(id);
  return isAbsoluteIri(id) ? namedNode(id) : null;
}

function visitObject(writer: Writer, item: Json, graph: GraphTerm): Term | null {
  if (Object.hasOwn(item, "@value")) return valueTerm(item);
  if (Object.hasOwn(item, "@list")) return visitList(writer, item["@list"] as readonly Json[], graph);
  return visitNode(writer, item, graph);
}

/** An RDF collection; an item that gives no term gives no `rdf:first`. */
function visitList(writer: Writer, items: readonly Json[], graph: GraphTerm): Term {
  const cells = items.map(() => writer.blank());
  const nil = namedNode(`${RDF}nil`);
  for (const [index, item] of items.entries()) {
    const subject = cells[index] ?? null;
    const object = visitObject(writer, item, graph);
    write(writer, { subject, predicate: `${RDF}first`, object, graph });
    write(writer, { subject, predicate: `${RDF}rest`, object: cells[index + 1] ?? nil, graph });
  }
  return cells[0] ?? nil;
}

function valueTerm(item: Json): Term {
  const value = item["@value"];
  const datatype = typeof item["@type"] === "string" ? item["@type"] : undefined;
  if (datatype === "@json") return literal(canonicalJson(value), `${RDF}JSON`);
  if (typeof value === "boolean") return literal(String(value), datatype ?? `${XSD}boolean`);
  if (typeof value === "number") return numberTerm(value, datatype);
  if (typeof item["@language"] === "string") return languageLiteral(String(value), item["@language"]);
  return literal(String(value), datatype ?? `${XSD}string`);
}

function numberTerm(value: number, datatype: string | undefined): Term {
  const whole = Number.isInteger(value) && value >= MIN_INTEGER && value <= MAX_INTEGER;
  if (whole && datatype !== `${XSD}double`) return literal(value.toFixed(0), datatype ?? `${XSD}integer`);
  return literal(goDouble(value), datatype ?? `${XSD}double`);
}

/**
 * A double as json-gold 0.5 spells it: `1.5E0`, but with a negative exponent `-2.500000000000000E-01`. The latter is
 * not canonical, yet valid, and ids of gleaner's are hashes of it.
 */
function goDouble(value: number): string {
  const [mantissa = "", exponent = "+0"] = value.toExponential(DOUBLE_DIGITS).split("e");
  if (exponent.startsWith("-")) return `${mantissa}E-${exponent.slice(1).padStart(2, "0")}`;
  return `${mantissa.replace(/(\d)0*$/, "$1")}E${exponent.slice(1)}`;
}

const DOUBLE_DIGITS = 15;

/** RFC 8785: keys in UTF-16 order, no blanks. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(",")}}`;
}
