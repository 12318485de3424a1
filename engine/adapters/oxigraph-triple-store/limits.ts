/** Every bound of the embedded triplestore, with what it was chosen for. */
export interface OxigraphLimits {
  /** How long a query or an update may be evaluated, where its caller does not say. */
  readonly evaluationMs: number;
  /** Most bytes of an answer, where its caller does not say. */
  readonly answerBytes: number;
  /** Memory that one query or update may add to its worker's: sorting and joining happen in memory. */
  readonly evaluationBytes: number;
  /** Longest query or update text. */
  readonly textBytes: number;
  /** Queries and updates that may wait for one namespace. */
  readonly waiting: number;
  /** Copies of one namespace in memory: the second is made only while the first is busy for `spareAfterMs`. */
  readonly copies: number;
  /** How long requests wait for a busy copy before another is made. */
  readonly spareAfterMs: number;
  /** Copies in memory of all namespaces together; the one longest at rest makes room. */
  readonly workers: number;
  /** A copy that nobody asks anything for so long is dropped from memory. */
  readonly idleMs: number;
  /** How long a query goes on whose caller has left: killing it would cost building the copy anew. */
  readonly abandonedMs: number;
  /** Most statements of a namespace: about 2 GB of memory, where WebAssembly ends at 4 GB. */
  readonly namespaceStatements: number;
  /** Most bytes of one load. */
  readonly bodyBytes: number;
}

export const OXIGRAPH_LIMITS: OxigraphLimits = Object.freeze({
  evaluationMs: 30_000,
  answerBytes: 64_000_000,
  evaluationBytes: 512_000_000,
  textBytes: 4_000_000,
  waiting: 256,
  copies: 2,
  spareAfterMs: 1_000,
  workers: 4,
  idleMs: 60_000,
  abandonedMs: 1_000,
  namespaceStatements: 5_000_000,
  bodyBytes: 2_000_000_000,
});
