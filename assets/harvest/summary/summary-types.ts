/** The statements of one graph of a release. */
export interface GraphText {
  readonly graph: string;
  /** N-Quads. */
  readonly text: string;
}

export interface SummarizeGraphsInput {
  readonly graphs: readonly GraphText[];
  /** Stands for a publisher that is not named. */
  readonly source: string;
}

/** `record: null`: no subject of the graph has a name and a description. */
export type SummarizedGraph =
  | { readonly ok: true; readonly record: string | null }
  | { readonly ok: false; readonly kind: GraphProblemKind; readonly message: string };

export type GraphProblemKind = "too_large" | "invalid_rdf" | "repeated" | "timeout" | "crash";

export interface SummaryReport {
  readonly source: string;
  /** `graphs/summary/<source>_release.ttl` */
  readonly key: string;
  readonly changed: boolean;
  /** Graphs of documents in the release. */
  readonly graphs: number;
  /** Graphs with a record. */
  readonly summarized: number;
  /** The first 100 graphs in which nothing has a name and a description. */
  readonly withoutRecord: readonly string[];
  readonly skipped: {
    readonly count: number;
    /** The first 100. */
    readonly named: readonly { readonly graph: string; readonly kind: GraphProblemKind; readonly message: string }[];
  };
  readonly bytes: number;
  /** Of the content; the data version of the summary. */
  readonly sha256: string;
}
