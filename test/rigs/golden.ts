import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { Parser, type Term } from "n3";
import rdfCanonize from "rdf-canonize";

/**
 * What gleaner and nabu wrote for a small site, and how to compare with it: the same JSON whatever its blanks and the
 * order of its keys, the same RDF whatever its blank nodes are called. IRIs that stand for blank nodes count as such;
 * the hash and the date in nabu's catalogue are random and do not count.
 */

export const GOLDEN_FOLDER = path.join(import.meta.dirname, "../data/golden");

export interface GoldenObject {
  readonly key: string;
  readonly bytes: Buffer;
  /** User metadata and `content-type`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The objects under a prefix, in key order. In the folder each part of a key is percent-encoded. */
export function goldenObjects(prefix: string): readonly GoldenObject[] {
  const root = path.join(GOLDEN_FOLDER, "objects");
  const described = JSON.parse(readFileSync(path.join(GOLDEN_FOLDER, "metadata.json"), "utf8")) as Readonly<
    Record<string, { readonly metaData: Readonly<Record<string, string>> }>
  >;
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .map((file) => ({ file, key: file.split(path.sep).map(decodeURIComponent).join("/") }))
    .filter(({ key }) => key.startsWith(prefix))
    .toSorted((left, right) => (left.key < right.key ? -1 : 1))
    .map(({ file, key }) => ({
      key,
      bytes: readFileSync(path.join(root, file)),
      metadata: described[key]?.metaData ?? {},
    }));
}

/** JSON with sorted keys and no blanks; null where the text is none. */
export function canonicalJson(text: string): string | null {
  try {
    return sorted(JSON.parse(text));
  } catch {
    return null;
  }
}

function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${sorted(member)}`).join(",")}}`;
}

const SKOLEM = /^https?:\/\/(?:gleaner\.io\/xid\/genid\/|[^/]+\/\.well-known\/genid\/)/;

/** The canonical lines of every graph of some N-Quads. Throws where they do not parse. */
export async function canonicalGraphs(quads: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const comparable = quads
    .replaceAll(/(:datacatalog:)[0-9a-f]{64}/g, "$1X")
    .replaceAll(/(<https:\/\/schema\.org\/dateCreated> )"[^"]*"( <[^>]*:datacatalog:X>)/g, '$1"DATE"$2');
  const graphs = new Map<string, Parameters<typeof rdfCanonize.canonize>[0][number][]>();
  for (const { subject, predicate, object, graph } of new Parser({ format: "N-Quads" }).parse(comparable)) {
    const known = graphs.get(graph.value) ?? [];
    graphs.set(graph.value, known);
    known.push({
      subject: comparableTerm(subject),
      predicate: comparableTerm(predicate),
      object: comparableTerm(object),
      graph: { termType: "DefaultGraph", value: "" },
    });
  }
  const canonical = new Map<string, readonly string[]>();
  for (const [graph, statements] of graphs) {
    const text = await rdfCanonize.canonize(statements, { algorithm: "RDFC-1.0", maxDeepIterations: 10_000 });
    canonical.set(graph, [...new Set(text.split("\n").filter((line) => line !== ""))]);
  }
  return canonical;
}

type CanonizeTerm = Parameters<typeof rdfCanonize.canonize>[0][number]["object"];

function comparableTerm(term: Term): CanonizeTerm {
  if (term.termType === "NamedNode" && SKOLEM.test(term.value)) {
    return { termType: "BlankNode", value: `skolem${createHash("sha1").update(term.value).digest("hex")}` };
  }
  if (term.termType === "Literal") {
    const datatype = { termType: "NamedNode" as const, value: term.datatype.value };
    const language = term.language === "" ? {} : { language: term.language };
    return { termType: "Literal", value: term.value, datatype, ...language };
  }
  return { termType: term.termType === "BlankNode" ? "BlankNode" : "NamedNode", value: term.value };
}

/** How graphs differ: `missing <graph>`, `extra <graph>`, and for those in both `<graph>: - line`, `<graph>: + line`. */
export async function graphDifferences(golden: string, other: string): Promise<readonly string[]> {
  const expected = await canonicalGraphs(golden);
  const actual = await canonicalGraphs(other);
  const differences: string[] = [];
  for (const [graph, lines] of expected) {
    const found = actual.get(graph);
    if (found === undefined) differences.push(`missing ${graph}`);
    else {
      differences.push(...lines.filter((line) => !found.includes(line)).map((line) => `${graph}: - ${line}`));
      differences.push(...found.filter((line) => !lines.includes(line)).map((line) => `${graph}: + ${line}`));
    }
  }
  for (const graph of actual.keys()) if (!expected.has(graph)) differences.push(`extra ${graph}`);
  return differences;
}
