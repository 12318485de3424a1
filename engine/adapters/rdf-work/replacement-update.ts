import { sparqlString } from "../../core/sparql-text.ts";
import type { NamespaceKind } from "../../core/ports/triple-store.ts";
import { lineWriter, type LineWriter } from "./line-file.ts";
import { compareStatements } from "./scope-change.ts";
import { bracketed, groupOf, tripleOf, type StatementLine } from "./statement-line.ts";

export interface ReplacementParams {
  readonly kind: NamespaceKind;
  readonly prefixes: readonly string[];
  readonly sides: { readonly before: () => Iterator<StatementLine>; readonly after: () => Iterator<StatementLine> };
  /** Groups that hold blank nodes before. */
  readonly blankGroups: ReadonlySet<string>;
}

/**
 * Blazegraph 2.1.4's parser recurses for each operation of a request: 25,000 overflow its stack (seen in a run), 2,500
 * do not.
 */
export const MAX_DROPS = 2_000;

/** How deep blank nodes hang from a subject of a triples namespace and are still found. */
const MAX_BLANK_DEPTH = 32;

/**
 * Marks blank nodes within one request, as predicate and object (an object `true` is more than Blazegraph's optimizer
 * can take); nothing of it is left at the end.
 */
const MARK = "<urn:sheaf:hangs-from-scope>";

/**
 * One update request, which is one transaction, for what no N-Quads can remove: statements with blank nodes. In a
 * quads namespace the graphs that hold any are dropped and written anew, all else goes and comes by name; in a triples
 * namespace the whole scope does.
 */
export function writeReplacementUpdate(path: string, params: ReplacementParams): void {
  const writer = lineWriter(path);
  try {
    if (params.kind === "quads") writeQuads(writer, params);
    else writeTriples(writer, params);
    writer.finish();
  } finally {
    writer.abandon();
  }
}

function writeQuads(writer: LineWriter, params: ReplacementParams): void {
  const { blankGroups } = params;
  const isReset = (line: StatementLine): boolean => blankGroups.has(groupOf(line));
  for (const line of dropGraphs([...blankGroups])) writer.write(line);
  writeData(writer, {
    ...params,
    verb: "DELETE DATA",
    isIncluded: (line, side) => side === "before" && !isReset(line),
  });
  writeData(writer, {
    ...params,
    verb: "INSERT DATA",
    isIncluded: (line, side) => side === "after" || (side === "both" && isReset(line)),
  });
}

function writeTriples(writer: LineWriter, params: ReplacementParams): void {
  for (const line of removeSubjects(params.prefixes)) writer.write(line);
  writeData(writer, { ...params, verb: "INSERT DATA", isIncluded: (_, side) => side !== "before" });
}

/** The operations that drop graphs: one each while that is possible (a fifth of the time), else one for all. */
export function dropGraphs(groups: readonly string[]): string[] {
  const graphs = groups.map((group) => bracketed(group));
  if (graphs.length <= MAX_DROPS) return graphs.map((graph) => `DROP SILENT GRAPH ${graph} ;`);
  return ["DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { VALUES ?g {", ...graphs, "} GRAPH ?g { ?s ?p ?o } } ;"];
}

/** One operation that empties a scope of a quads namespace, however many graphs it has. */
export function removeGraphs(prefixes: readonly string[]): string {
  return `DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } FILTER(${startsWithAny("?g", prefixes)}) }`;
}

/** The operations that empty a scope of a triples namespace. */
export function removeSubjects(prefixes: readonly string[]): string[] {
  const inScope = `isIRI(?s) && (${startsWithAny("?s", prefixes)})`;
  const deeper = `INSERT { ?c ${MARK} ${MARK} } WHERE { ?b ${MARK} ${MARK} . ?b ?q ?c . FILTER(isBlank(?c)) } ;`;
  return [
    `INSERT { ?b ${MARK} ${MARK} } WHERE { ?s ?p ?b . FILTER(isBlank(?b) && ${inScope}) } ;`,
    ...Array.from({ length: MAX_BLANK_DEPTH }, () => deeper),
    `DELETE { ?b ?p ?o } WHERE { ?b ${MARK} ${MARK} . ?b ?p ?o } ;`,
    `DELETE { ?s ?p ?o } WHERE { ?s ?p ?o . FILTER(${inScope}) } ;`,
  ];
}

/** A SPARQL condition: the IRI in a variable starts with one of the prefixes. */
export function startsWithAny(variable: string, prefixes: readonly string[]): string {
  return prefixes.map((prefix) => `STRSTARTS(STR(${variable}), ${sparqlString(prefix)})`).join(" || ");
}

interface DataParams extends ReplacementParams {
  readonly verb: "DELETE DATA" | "INSERT DATA";
  readonly isIncluded: (line: StatementLine, side: "before" | "after" | "both") => boolean;
}

function writeData(writer: LineWriter, params: DataParams): void {
  const { kind, sides, verb, isIncluded } = params;
  let graph: string | null = null;
  const see = (line: StatementLine, side: "before" | "after" | "both"): void => {
    if (!isIncluded(line, side)) return;
    if (kind === "quads" && groupOf(line) !== graph) {
      if (graph !== null) writer.write("}");
      graph = groupOf(line);
      writer.write(`GRAPH ${bracketed(graph)} {`);
    }
    writer.write(`${tripleOf(line, kind)} .`);
  };
  writer.write(`${verb} {`);
  compareStatements({
    kind,
    before: sides.before(),
    after: sides.after(),
    visitor: {
      removed: (line) => see(line, "before"),
      added: (line) => see(line, "after"),
      kept: (line) => see(line, "both"),
      gone: () => {},
    },
  });
  writer.write(graph === null ? "} ;" : "} } ;");
}
