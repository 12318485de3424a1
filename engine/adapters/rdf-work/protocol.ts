import type { AnswerType } from "../../core/sparql-formats.ts";
import type { NamespaceKind, RdfFormat } from "../../core/ports/triple-store.ts";

/** What the engine's thread asks of a worker that does RDF, and what comes back. All of it can be cloned. */
export interface WorkOperations {
  readonly prepare: { readonly params: PrepareParams; readonly result: Prepared };
  readonly difference: { readonly params: DifferenceParams; readonly result: Difference };
  readonly open: { readonly params: OpenParams; readonly result: Opened };
  readonly apply: { readonly params: ApplyParams; readonly result: Resident };
  readonly query: { readonly params: QueryWork; readonly result: QueryWorkResult };
  readonly update: { readonly params: UpdateWork; readonly result: UpdateResult };
}

export type WorkOperation = keyof WorkOperations;

/** A body that was spooled to disk. */
export interface SpooledBody {
  readonly path: string;
  readonly format: RdfFormat;
  /** Stands before every blank node's label, so that those of different units never meet. */
  readonly blankPrefix: string;
}

/** A file of sorted N-Quads that was written by `prepare`. */
export interface SortedFile {
  readonly bytes: number;
  readonly sha256: string;
  readonly statements: number;
  readonly blankNodes: boolean;
}

/** A sorted file that may hold statements of the scope. */
export interface PresentFile {
  readonly path: string;
  readonly sha256: string;
  /** Where to write what lies outside the scope; `null` where all of the file lies within. */
  readonly restPath: string | null;
}

export interface PrepareParams {
  readonly kind: NamespaceKind;
  readonly prefixes: readonly string[];
  /** `null` to remove the scope. */
  readonly body: SpooledBody | null;
  readonly present: readonly PresentFile[];
  /** Where the new unit goes. */
  readonly unitPath: string;
  /** Begins the paths of what lives only as long as the call. */
  readonly scratch: string;
  /** Where to write what changes, for stores in memory; `null` where there is none. */
  readonly changes: ChangeFiles | null;
}

export interface ChangeFiles {
  /** Statement lines. */
  readonly removed: string;
  /** N-Quads. */
  readonly added: string;
  /** Groups of which nothing is left, one a line. */
  readonly gone: string;
}

export interface Prepared {
  readonly unit: SortedFile;
  readonly scope: ScopeChange;
  /** For each present file: what is left of it, or that its checksum failed and it was left alone. */
  readonly present: readonly PresentOutcome[];
}

export type PresentOutcome =
  | { readonly state: "covered" }
  | { readonly state: "untouched" }
  | { readonly state: "rewritten"; readonly rest: SortedFile }
  | { readonly state: "corrupt"; readonly reason: string };

/** How what lies within a scope changes. */
export interface ScopeChange {
  /** Statements before. */
  readonly before: number;
  /** Statements that go and that come. */
  readonly removed: number;
  readonly added: number;
  /** Whether a blank node is in what goes or comes. */
  readonly blankNodes: boolean;
  /** IRIs of the groups (graphs, or subjects) of which nothing is left: the first 1,000, sorted. */
  readonly gone: readonly string[];
  readonly goneCount: number;
}

/** Compares a body with what a server holds. */
export interface DifferenceParams {
  readonly kind: NamespaceKind;
  readonly prefixes: readonly string[];
  readonly body: SpooledBody;
  /** What the server said it holds: N-Quads in no order; what is outside the scope is passed over. */
  readonly present: SpooledBody;
  readonly scratch: string;
  /** N-Quads in ASCII, for Blazegraph's own reading of it. */
  readonly removedPath: string;
  readonly addedPath: string;
  /** An update that does the same; written only where a blank node has to go, which no N-Quads can name. */
  readonly updatePath: string;
}

export interface Difference {
  readonly statements: number;
  readonly scope: ScopeChange;
  readonly byUpdate: boolean;
}

export interface StoredFile {
  readonly path: string;
  readonly name: string;
  readonly sha256: string;
}

export interface OpenParams {
  readonly kind: NamespaceKind;
  readonly files: readonly StoredFile[];
}

export interface Resident {
  readonly statements: number;
}

export interface Opened extends Resident {
  /** Files that were passed over. */
  readonly corrupt: readonly { readonly name: string; readonly reason: string }[];
}

export type ApplyParams = ChangeFiles;

export interface QueryWork {
  readonly query: string;
  readonly type: AnswerType;
  /** The default graph is the union of all graphs; else what the query or the two lists say. */
  readonly unionDefault: boolean;
  readonly graphs: GraphSelection | null;
  readonly maxBytes: number;
}

/** SPARQL 1.1 Protocol §2.1.4: where one of the lists is given, the other counts as empty. */
export interface GraphSelection {
  readonly default: readonly string[];
  readonly named: readonly string[];
}

export interface QueryWorkResult {
  readonly body: Uint8Array<ArrayBuffer>;
}

export interface UpdateWork {
  readonly update: string;
  /** The units that statements belong to, first match first; what belongs to none goes into the last file. */
  readonly units: readonly UnitTarget[];
  readonly loosePath: string;
  readonly scratch: string;
}

export interface UnitTarget {
  readonly prefixes: readonly string[];
  readonly path: string;
}

export interface UpdateResult extends Resident {
  /** One for each target, then the loose file; `null` where nothing belongs to it (no file was written). */
  readonly files: readonly (SortedFile | null)[];
}

export interface WorkRequest {
  readonly id: number;
  readonly operation: WorkOperation;
  readonly params: WorkOperations[WorkOperation]["params"];
}

export type WorkReply =
  | { readonly id: number; readonly state: "evaluated" }
  | { readonly id: number; readonly state: "done"; readonly result: unknown }
  | { readonly id: number; readonly state: "failed"; readonly error: WorkError };

export interface WorkError {
  /** `null` for what is no error on purpose. */
  readonly code: string | null;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>> | null;
  /** The thread is in no known state. */
  readonly broken: boolean;
}
