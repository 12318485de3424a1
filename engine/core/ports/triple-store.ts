/**
 * A server of named triplestores ("namespaces", as Blazegraph calls them). Implemented by the embedded Oxigraph and
 * by Blazegraph or any SPARQL 1.1 endpoint over HTTP; one contract suite holds all.
 *
 * A *quads* namespace keeps named graphs; a *triples* namespace has one graph and drops the graph of what is loaded.
 */
export interface TripleStore {
  /** Where it is, for people. Never holds a secret. */
  readonly description: string;

  ping(signal?: AbortSignal): Promise<void>;
  /** Says whether the namespace is new. Throws `namespace_kind` where it exists as the other kind. */
  createNamespace(params: CreateNamespaceParams): Promise<"created" | "exists">;
  /** Drops the namespace and all that is in it. False where there was none. */
  dropNamespace(namespace: string, signal?: AbortSignal): Promise<boolean>;
  listNamespaces(signal?: AbortSignal): Promise<readonly NamespaceInfo[]>;

  /**
   * Makes `body` all that the namespace holds within `scope`, in one atomic step: what was within the scope before
   * goes, what is outside stays. One bad line refuses the whole load and changes nothing (`rdf_syntax`).
   * Throws `namespace_not_found`, and `load_scope` where a statement of the body lies outside the scope.
   */
  replace(params: ReplaceParams): Promise<ReplaceOutcome>;
  /** Removes what lies within `scope`. */
  remove(params: RemoveParams): Promise<RemoveOutcome>;

  /** Runs a SPARQL query. Throws `namespace_not_found`, `sparql_syntax`, `query_limit`. */
  query(params: QueryParams): Promise<QueryAnswer>;
  /** Runs a SPARQL update; atomic. `LOAD` and `SERVICE` from outside are refused. */
  update(params: UpdateParams): Promise<void>;
}

export interface CreateNamespaceParams {
  readonly namespace: string;
  readonly kind: NamespaceKind;
  readonly signal?: AbortSignal | undefined;
}

export type NamespaceKind = "quads" | "triples";

export interface NamespaceInfo {
  readonly namespace: string;
  readonly kind: NamespaceKind;
}

/**
 * The statements that belong to one source. In a quads namespace: those of graphs whose IRI starts with one of
 * `prefixes`; in a triples namespace: those whose subject does, and what hangs from these by blank nodes.
 * A prefix ends in `:`, so that `…:iris:` never takes `…:iris2:`.
 */
export interface LoadScope {
  /** Names the unit of loading, for instance `release/iris`; one unit, one set of prefixes. */
  readonly unit: string;
  readonly prefixes: readonly string[];
}

export type RdfFormat = "application/n-quads" | "application/n-triples" | "text/turtle";

export interface ReplaceParams {
  readonly namespace: string;
  readonly scope: LoadScope;
  readonly format: RdfFormat;
  readonly body: AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
}

export interface ReplaceOutcome {
  /** Statements of the body that the namespace now holds. */
  readonly statements: number;
  /** Statements that were within the scope before. */
  readonly replaced: number;
  /** Graphs (in a triples namespace: IRI subjects) within the scope that are gone. The first 1,000, sorted. */
  readonly goneGraphs: readonly string[];
  readonly goneGraphCount: number;
}

export interface RemoveParams {
  readonly namespace: string;
  readonly scope: LoadScope;
  readonly signal?: AbortSignal | undefined;
}

export interface RemoveOutcome {
  readonly statements: number;
  /** The first 1,000, sorted. */
  readonly graphs: readonly string[];
  readonly graphCount: number;
}

export interface QueryParams {
  readonly namespace: string;
  readonly query: string;
  /** The media type of the answer; default SPARQL JSON for SELECT and ASK, N-Triples for CONSTRUCT and DESCRIBE. */
  readonly accept?: string | undefined;
  /** SPARQL protocol's `default-graph-uri` and `named-graph-uri`. */
  readonly defaultGraphs?: readonly string[] | undefined;
  readonly namedGraphs?: readonly string[] | undefined;
  readonly timeoutMs?: number | undefined;
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface QueryAnswer {
  readonly contentType: string;
  readonly body: Buffer;
}

export interface UpdateParams {
  readonly namespace: string;
  readonly update: string;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}
