/** A document on its way into a release. */
export interface StoredDocument {
  readonly key: string;
  /** The IRI of its graph. */
  readonly graph: string;
  readonly body: Uint8Array;
}

/** Why a document is not in the release. */
export type SkipKind =
  | "too_large"
  | "missing"
  | "bad_charset"
  | "invalid_json"
  | "invalid_jsonld"
  | "no_statements"
  | "too_complex"
  | "timeout"
  | "crash";

export type ConvertedDocument =
  | { readonly ok: true; readonly text: string; readonly statements: number; readonly dropped: number }
  | { readonly ok: false; readonly kind: SkipKind; readonly message: string };

export interface ConvertDocumentsInput {
  readonly documents: readonly StoredDocument[];
}

export interface SkippedDocument {
  readonly key: string;
  readonly kind: SkipKind;
  readonly message: string;
}

export interface ReleaseReport {
  readonly source: string;
  /** `graphs/latest/<source>_release.nq` */
  readonly key: string;
  /** The dated copy; null where the content is that of the release before, and nothing was written. */
  readonly archiveKey: string | null;
  readonly changed: boolean;
  /** Documents in the release; each is a graph. */
  readonly documents: number;
  /** Statements, those of the catalogue at the end included. */
  readonly quads: number;
  readonly bytes: number;
  /** Of the content; the data version of the release. */
  readonly sha256: string;
  readonly skipped: SkippedDocuments;
  /** Statements of released documents that a triplestore would refuse, so they are left out. */
  readonly droppedStatements: number;
}

export interface SkippedDocuments {
  readonly count: number;
  readonly byKind: Readonly<Partial<Record<SkipKind, number>>>;
  /** The first `MAX_NAMED_SKIPS`, in key order. */
  readonly named: readonly SkippedDocument[];
}

export interface ReleaseProgress {
  readonly documents: number;
  readonly skipped: number;
  readonly quads: number;
  readonly bytes: number;
}
