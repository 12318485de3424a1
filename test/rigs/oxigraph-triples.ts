import oxigraph from "oxigraph";
import { EngineError } from "../../engine/core/errors.ts";
import type {
  NamespaceInfo,
  NamespaceKind,
  QueryAnswer,
  QueryParams,
  TripleStore,
} from "../../engine/core/ports/triple-store.ts";

/** Namespaces in memory that answer SPARQL queries: enough of a triplestore for whoever only reads. */
export interface QueryableTriples extends Pick<TripleStore, "listNamespaces" | "query"> {
  /** Makes the namespace and puts the N-Quads into it. */
  fill(namespace: string, kind: NamespaceKind, nQuads: string): void;
  readonly queries: readonly QueryParams[];
}

export function queryableTriples(): QueryableTriples & TripleStore {
  const namespaces = new Map<string, { kind: NamespaceKind; store: oxigraph.Store }>();
  const queries: QueryParams[] = [];
  const readOnly = (): never => {
    throw new Error("this triplestore only answers queries");
  };
  return {
    description: "triples in memory",
    ping: async () => undefined,
    createNamespace: async () => readOnly(),
    dropNamespace: async () => readOnly(),
    replace: async () => readOnly(),
    remove: async () => readOnly(),
    update: async () => readOnly(),
    listNamespaces: async (): Promise<readonly NamespaceInfo[]> =>
      [...namespaces].map(([namespace, { kind }]) => ({ namespace, kind })),
    async query(params): Promise<QueryAnswer> {
      queries.push(params);
      params.signal?.throwIfAborted();
      const found = namespaces.get(params.namespace);
      if (found === undefined) throw new EngineError("namespace_not_found", `no namespace ${params.namespace}`);
      const contentType = params.accept ?? "application/sparql-results+json";
      const answer = found.store.query(params.query, { results_format: contentType }) as string;
      return { contentType, body: Buffer.from(answer) };
    },
    fill(namespace, kind, nQuads) {
      const store = new oxigraph.Store();
      store.load(nQuads, { format: "application/n-quads" });
      namespaces.set(namespace, { kind, store });
    },
    queries,
  };
}
