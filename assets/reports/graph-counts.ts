import { createHashIndex } from "../harvest/flow/hash-index.ts";
import type { HashIndex } from "../harvest/flow/hash-index.ts";
import { ownText } from "./own-text.ts";
import { literalText } from "./quad-line.ts";
import type { QuadLine } from "./quad-line.ts";

const RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
/** The reports know this form alone; harvesting brings the other forms to it. */
const SCHEMA = "https://schema.org/";

/** Distinct values of one kind (types, keywords, variables) that are counted; more are left out, and said to be. */
export const MAX_DISTINCT_VALUES = 200_000;
/** Names, variables and versions kept of one document; a sitegraph is one document of any size. */
export const MAX_DOCUMENT_FACTS = 100_000;

/** What a release says about one source. Rows are by falling count, then by value. */
export interface GraphCounts {
  readonly triples: number;
  readonly datasets: number;
  readonly types: readonly ValueCount[];
  readonly keywords: readonly ValueCount[];
  readonly variableNames: readonly ValueCount[];
  /** Graphs in which more than one subject has a version. */
  readonly versions: readonly ValueCount[];
  /** How many graphs have so many triples. */
  readonly sizes: readonly { readonly triples: number; readonly graphs: number }[];
  /** Values over `MAX_DISTINCT_VALUES`, and facts over `MAX_DOCUMENT_FACTS`. */
  readonly leftOut: number;
}

export interface ValueCount {
  readonly value: string;
  readonly count: number;
}

export interface GraphCounter {
  add(quad: QuadLine): void;
  finish(): GraphCounts;
}

/**
 * Counts statements as they stream by. Documents come one after another, as nabu and our release write them: what needs
 * a whole document (versions, names of variables) is kept for the current graph alone. Memory grows with distinct
 * values and subjects, some bytes each, never with text.
 */
export function createGraphCounter(): GraphCounter {
  const types = subjectCounts();
  const keywords = subjectCounts();
  const variableNames = subjectCounts();
  const versions: ValueCount[] = [];
  const graphs = createHashIndex();
  const sizes: number[] = [];
  let triples = 0;
  let datasets = 0;
  let leftOut = 0;
  let current = emptyDocument("");

  function closeDocument(): void {
    if (current.triples === 0) return;
    triples += current.triples;
    const number = graphs.add(current.graph);
    sizes[number] = (sizes[number] ?? 0) + current.triples;
    if (current.versioned.size > 1) versions.push({ value: ownText(current.graph), count: current.versioned.size });
    for (const [variable, subjects] of current.variables) {
      for (const name of current.names.get(variable) ?? []) {
        for (const subject of subjects) variableNames.add(name, subject);
      }
    }
  }

  function addFact({ subject, predicate, object, objectIsLiteral }: QuadLine): void {
    const isVariable = predicate === `${SCHEMA}variableMeasured` && !objectIsLiteral;
    if (!isVariable && predicate !== `${SCHEMA}version` && predicate !== `${SCHEMA}name`) return;
    current.facts += 1;
    if (current.facts > MAX_DOCUMENT_FACTS) leftOut += 1;
    else if (isVariable) addTo(current.variables, object, subject);
    else if (predicate === `${SCHEMA}version`) current.versioned.add(subject);
    else addTo(current.names, subject, objectIsLiteral ? literalText(object) : object);
  }

  return {
    add(quad) {
      const { subject, predicate, object, objectIsLiteral, graph } = quad;
      if (graph !== current.graph) {
        closeDocument();
        current = emptyDocument(graph);
      }
      current.triples += 1;
      const value = (): string => (objectIsLiteral ? literalText(object) : object);
      if (predicate === RDF_TYPE) {
        types.add(value(), subject);
        if (object === `${SCHEMA}Dataset`) datasets += 1;
      } else if (predicate === `${SCHEMA}keywords`) keywords.add(value(), subject);
      else addFact(quad);
    },
    finish() {
      closeDocument();
      current = emptyDocument("");
      const bySize = Map.groupBy(sizes, (size) => size);
      return {
        triples,
        datasets,
        types: types.rows(),
        keywords: keywords.rows(),
        variableNames: variableNames.rows(),
        versions: versions.toSorted(byCountThenValue),
        sizes: [...bySize]
          .map(([size, same]) => ({ triples: size, graphs: same.length }))
          .toSorted((a, b) => b.graphs - a.graphs || a.triples - b.triples),
        leftOut: leftOut + types.leftOut() + keywords.leftOut() + variableNames.leftOut(),
      };
    },
  };
}

interface CurrentDocument {
  readonly graph: string;
  triples: number;
  facts: number;
  readonly versioned: Set<string>;
  /** Variable node → subjects that measure it. */
  readonly variables: Map<string, Set<string>>;
  readonly names: Map<string, Set<string>>;
}

function emptyDocument(graph: string): CurrentDocument {
  return { graph, triples: 0, facts: 0, versioned: new Set(), variables: new Map(), names: new Map() };
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, new Set([value]));
  else values.add(value);
}

interface SubjectCounts {
  add(value: string, subject: string): void;
  rows(): readonly ValueCount[];
  leftOut(): number;
}

/** Per value, how many distinct subjects have it. */
function subjectCounts(): SubjectCounts {
  const counts = new Map<string, number>();
  const seen: HashIndex = createHashIndex();
  let leftOut = 0;
  return {
    add(value, subject) {
      // Rows with an empty value are dropped, as pandas' dropna does.
      if (value === "") return;
      const known = counts.get(value);
      if (known === undefined && counts.size >= MAX_DISTINCT_VALUES) {
        leftOut += 1;
        return;
      }
      const before = seen.size;
      seen.add(`${value}\n${subject}`);
      if (seen.size > before) counts.set(known === undefined ? ownText(value) : value, (known ?? 0) + 1);
    },
    rows: () => [...counts].map(([value, count]) => ({ value, count })).toSorted(byCountThenValue),
    leftOut: () => leftOut,
  };
}

function byCountThenValue(a: ValueCount, b: ValueCount): number {
  return b.count - a.count || (a.value < b.value ? -1 : a.value > b.value ? 1 : 0);
}
