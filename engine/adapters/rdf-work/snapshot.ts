import { EngineError } from "../../core/errors.ts";
import { isInScope } from "../../core/load-scope.ts";
import type { NamespaceKind } from "../../core/ports/triple-store.ts";
import { blankReach } from "./blank-reach.ts";
import { lineSorter } from "./line-sorter.ts";
import { lineWriter, type LineWriter } from "./line-file.ts";
import { defaultGraph, namedNode, type Store } from "./oxigraph.ts";
import type { SortedFile, UpdateWork } from "./protocol.ts";
import {
  blankNodesOf,
  groupOf,
  hasBlankNode,
  isBlank,
  isTripleTerm,
  splitStatement,
  toLine,
  toNQuads,
  type StatementLine,
} from "./statement-line.ts";

interface SnapshotParams extends Omit<UpdateWork, "update"> {
  readonly kind: NamespaceKind;
}

/**
 * Writes all that a store holds into files again: to each unit what lies within its prefixes (and, in a triples
 * namespace, what hangs from that), the rest into a file of its own. An update's statements so belong to the unit
 * whose next load will replace them. Oxigraph cannot tell what an update changed, so everything is written.
 */
export function writeSnapshot(store: Store, params: SnapshotParams): (SortedFile | null)[] {
  const { kind, units, loosePath, scratch } = params;
  const loose = units.length;
  const unitOf = (iri: string): number => {
    const index = units.findIndex(({ prefixes }) => isInScope(iri, prefixes));
    return index === -1 ? loose : index;
  };
  const owner = kind === "quads" ? graphOwner(unitOf) : subjectOwner(unitOf);
  const sorter = lineSorter(scratch);
  try {
    for (const line of kind === "quads" ? linesByGraph(store) : linesByPredicate(store)) {
      owner.see(line);
      sorter.add(line);
    }
    const ownerOf = owner.settle();
    const files = fileSet([...units.map(({ path }) => path), loosePath], kind);
    try {
      for (const line of sorter.sorted()) files.write(ownerOf(line), line);
      return files.finish();
    } finally {
      files.abandon();
    }
  } finally {
    sorter.discard();
  }
}

/** Graph by graph, so that no string has to hold all; graphs that an update has emptied are forgotten. */
function* linesByGraph(store: Store): Generator<StatementLine, void, undefined> {
  const empty: string[] = [];
  for (const graph of ["", ...graphsOf(store)]) {
    const text = dumpGraph(store, graph);
    if (text === "" && graph !== "") empty.push(graph);
    yield* linesOf(text, "quads", graph);
  }
  for (const graph of empty) store.update(`DROP SILENT GRAPH ${graph}`);
}

/** Predicate by predicate, for the same reason. */
function* linesByPredicate(store: Store): Generator<StatementLine, void, undefined> {
  if (graphsOf(store).some((graph) => dumpGraph(store, graph) !== "")) {
    throw new EngineError("sparql_syntax", "a triples namespace has no named graphs: leave GRAPH out of the update");
  }
  const predicates = column(store.query("SELECT DISTINCT ?p { ?s ?p ?o }", { results_format: TSV }));
  for (const predicate of predicates) {
    const text = store.query(`CONSTRUCT { ?s ${predicate} ?o } WHERE { ?s ${predicate} ?o }`, {
      results_format: "application/n-triples",
    });
    yield* linesOf(text as string, "triples", "");
  }
}

const TSV = "text/tab-separated-values";

function graphsOf(store: Store): string[] {
  const graphs = column(store.query("SELECT ?g { GRAPH ?g {} }", { results_format: TSV }));
  if (!graphs.some((graph) => isBlank(graph))) return graphs;
  throw new EngineError("sparql_syntax", "a graph has to be named by an IRI: the update names one by a blank node");
}

/** The values of an answer with one column of IRIs. */
function column(answer: unknown): string[] {
  return (answer as string).split("\n").slice(1, -1);
}

function dumpGraph(store: Store, graph: string): string {
  const name = graph === "" ? defaultGraph() : namedNode(graph.slice(1, -1));
  return store.dump({ format: "application/n-triples", from_graph_name: name });
}

function* linesOf(text: string, kind: NamespaceKind, graph: string): Generator<StatementLine, void, undefined> {
  for (const line of text.split("\n")) {
    if (line === "") continue;
    if (line.includes("<<(")) refuseTripleTerm(line);
    const parts = splitStatement(line.slice(0, -2));
    yield toLine({ ...parts, graph }, kind);
  }
}

function refuseTripleTerm(line: string): void {
  const { subject, object } = splitStatement(line);
  if (!isTripleTerm(subject) && !isTripleTerm(object)) return;
  throw new EngineError("sparql_syntax", "a triple term of RDF 1.2 cannot be stored");
}

/** Finds the file that a statement belongs to, once all have been seen. */
interface Owner {
  see(line: StatementLine): void;
  settle(): (line: StatementLine) => number;
}

function graphOwner(unitOf: (iri: string) => number): Owner {
  return { see: () => {}, settle: () => (line) => unitOf(groupOf(line)) };
}

function subjectOwner(unitOf: (iri: string) => number): Owner {
  const reach = blankReach<number>();
  return {
    see(line) {
      const { subject, object } = blankNodesOf(line, "triples");
      if (object === null) return;
      if (subject === null) reach.root(unitOf(groupOf(line)), object);
      else reach.edge(subject, object);
    },
    settle() {
      const owners = reach.resolve();
      const loose = unitOf("");
      return (line) => {
        const group = groupOf(line);
        return isBlank(group) ? (owners.get(group) ?? loose) : unitOf(group);
      };
    },
  };
}

/** Files that are made when their first line comes. */
function fileSet(paths: readonly string[], kind: NamespaceKind) {
  const open = new Map<number, { readonly writer: LineWriter; blankNodes: boolean }>();
  return {
    write(index: number, line: StatementLine): void {
      let file = open.get(index);
      if (file === undefined) {
        file = { writer: lineWriter(paths[index] ?? ""), blankNodes: false };
        open.set(index, file);
      }
      file.blankNodes ||= hasBlankNode(line, kind);
      file.writer.write(toNQuads(line, kind));
    },
    finish: (): (SortedFile | null)[] =>
      paths.map((_, index) => {
        const file = open.get(index);
        if (file === undefined) return null;
        const { bytes, sha256, lines } = file.writer.finish({ sync: true });
        return { bytes, sha256, statements: lines, blankNodes: file.blankNodes };
      }),
    abandon(): void {
      for (const { writer } of open.values()) writer.abandon();
    },
  };
}
