import { writeFile } from "node:fs/promises";
import { iri } from "../../core/sparql-text.ts";
import type { NamespaceKind } from "../../core/ports/triple-store.ts";
import { startsWithAny } from "../rdf-work/replacement-update.ts";
import type { ServerCalls } from "./server-calls.ts";

/** Graphs whose statements one call asks for. */
const GRAPHS_PER_CALL = 200;

export interface ScopeReading {
  readonly namespace: string;
  readonly kind: NamespaceKind;
  readonly prefixes: readonly string[];
  readonly signal: AbortSignal | undefined;
}

/** Writes what a server holds within a scope to a file, as N-Quads in no order, and perhaps more than that. */
export async function readScope(calls: ServerCalls, reading: ScopeReading, path: string): Promise<void> {
  await writeFile(path, "");
  if (reading.kind === "quads") await readGraphs(calls, reading, path);
  else await readSubjects(calls, reading, path);
}

async function readGraphs(calls: ServerCalls, reading: ScopeReading, path: string): Promise<void> {
  const { namespace, signal } = reading;
  const graphs = [...(await countGraphs(calls, reading, "names")).keys()];
  for (let start = 0; start < graphs.length; start += GRAPHS_PER_CALL) {
    const form = new URLSearchParams({ GETSTMTS: "", includeInferred: "false" });
    for (const graph of graphs.slice(start, start + GRAPHS_PER_CALL)) form.append("c", iri(graph));
    await calls.sparql(namespace, {
      headers: { "Content-Type": FORM, Accept: "text/x-nquads" },
      body: form.toString(),
      appendTo: path,
      signal,
    });
  }
}

/** Every blank node's statements come along: which of them hang from the scope is found out by who reads the file. */
async function readSubjects(calls: ServerCalls, reading: ScopeReading, path: string): Promise<void> {
  const { namespace, prefixes, signal } = reading;
  const query = `CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(isBlank(?s) || ${startsWithAny("?s", prefixes)}) }`;
  await calls.sparql(namespace, {
    headers: { "Content-Type": FORM, Accept: "text/plain" },
    body: new URLSearchParams({ query }).toString(),
    appendTo: path,
    signal,
  });
}

const FORM = "application/x-www-form-urlencoded; charset=UTF-8";

/** The graphs of a scope with their statements; only named (a tenth of the time), each counts 0. */
export async function countGraphs(
  calls: ServerCalls,
  reading: ScopeReading,
  what: "names" | "counts",
): Promise<Map<string, number>> {
  const { namespace, prefixes, signal } = reading;
  const scope = `{ GRAPH ?g { ?s ?p ?o } FILTER(${startsWithAny("?g", prefixes)}) }`;
  const query =
    what === "names" ? `SELECT DISTINCT ?g ${scope}` : `SELECT ?g (COUNT(*) AS ?n) ${scope} GROUP BY ?g ORDER BY ?g`;
  const { body } = await calls.sparql(namespace, {
    headers: { "Content-Type": FORM, Accept: "application/sparql-results+json" },
    body: new URLSearchParams({ query }).toString(),
    signal,
  });
  const answer = JSON.parse(body.toString()) as { results: { bindings: readonly GraphRow[] } };
  return new Map(
    answer.results.bindings.flatMap(({ g, n }) => (g === undefined ? [] : [[g.value, Number(n?.value ?? 0)]])),
  );
}

/** An empty group comes as a row without a graph. */
interface GraphRow {
  readonly g?: { readonly value: string };
  readonly n?: { readonly value: string };
}
