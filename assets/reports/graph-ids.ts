import type { TripleStore } from "../../engine/index.ts";
import { graphUrnPrefix, idOfGraphUrn } from "../harvest/keys.ts";

/** About 400,000 graphs. */
export const MAX_GRAPH_LIST_BYTES = 64 * 1024 * 1024;
export const GRAPH_LIST_TIMEOUT_MS = 10 * 60_000;

export interface GraphIdsParams {
  readonly tripleStore: TripleStore;
  readonly namespace: string;
  readonly orgName: string;
  readonly source: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The documents of exactly this source in a quads namespace, by the last part of their graph's URN
 * (`urn:gleaner.io:<org>:<source>:data:<id>`). Throws what the triplestore throws.
 */
export async function graphIds(params: GraphIdsParams): Promise<ReadonlySet<string>> {
  const values = await selectValues("DISTINCT (?g AS ?value)", params);
  return new Set(values.map(idOfGraphUrn));
}

/** How many documents of exactly this source a quads namespace holds. Throws what the triplestore throws. */
export async function graphCount(params: GraphIdsParams): Promise<number> {
  const [count] = await selectValues("(COUNT(DISTINCT ?g) AS ?value)", params);
  return Number(count);
}

/** What is selected as `?value` of the source's graphs. */
async function selectValues(what: string, params: GraphIdsParams): Promise<readonly string[]> {
  const { tripleStore, namespace, orgName, source, signal } = params;
  const prefix = `${graphUrnPrefix(orgName, source)}data:`;
  const { body } = await tripleStore.query({
    namespace,
    query: `SELECT ${what} WHERE { GRAPH ?g { ?s ?p ?o } FILTER(STRSTARTS(STR(?g), ${sparqlString(prefix)})) }`,
    accept: "application/sparql-results+json",
    timeoutMs: GRAPH_LIST_TIMEOUT_MS,
    maxBytes: MAX_GRAPH_LIST_BYTES,
    signal,
  });
  const answer = JSON.parse(body.toString("utf8")) as SelectAnswer;
  return answer.results.bindings.map(({ value }) => value.value);
}

interface SelectAnswer {
  readonly results: { readonly bindings: readonly { readonly value: { readonly value: string } }[] };
}

function sparqlString(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}"`;
}
