import type { ObjectMetadata } from "../../engine/index.ts";

/** What the crawl half hands over: a page as it came, and how its source wants it identified. */

/** One answer of a server, undecoded. */
export interface PageInput {
  /** The sitemap's `<loc>` after trimming; kept as the `url` metadata, so never the redirected one. */
  readonly url: string;
  /** The Content-Type header, whole; null where the server sent none. */
  readonly contentType: string | null;
  readonly body: Uint8Array;
}

export type FixContextOption = 0 | 1 | 2 | 3 | 4;

export interface ExtractOptions {
  readonly sourceName: string;
  readonly identifierType: string;
  /** Comma-separated JSONPaths; comes from a configuration file and is not trusted. */
  readonly identifierPath: string;
  readonly fixContextOption: FixContextOption;
  readonly contextStrict: boolean;
  /** `sitegraph`: the whole body is one document, kept byte for byte, without user metadata. */
  readonly kind: "page" | "sitegraph";
}

/** A document as it is to be stored. */
export interface ExtractedDocument {
  readonly id: string;
  /** `summoned/<source>/<id>.jsonld` */
  readonly key: string;
  readonly text: string;
  /** ASCII, under 2 kB. */
  readonly metadata: ObjectMetadata;
}

export type PageProblemKind =
  | "no_jsonld"
  | "invalid_json"
  | "invalid_jsonld"
  | "too_large"
  | "bad_charset"
  | "timeout"
  | "crash"
  | "identifier";

export interface PageProblem {
  readonly kind: PageProblemKind;
  readonly message: string;
}

/** What one page gave. Documents and problems can both be there: a bad block harms no good one. */
export interface PageOutcome {
  readonly url: string;
  readonly documents: readonly ExtractedDocument[];
  readonly problems: readonly PageProblem[];
}

export interface ExtractPagesInput {
  readonly pages: readonly PageInput[];
  readonly options: ExtractOptions;
}
