/** Packages that come without types: what of them is used here. */

declare module "html-encoding-sniffer" {
  interface SniffOptions {
    readonly xml?: boolean;
    readonly transportLayerEncodingLabel?: string | undefined;
    readonly defaultEncoding?: string;
  }
  /** The name of the encoding by byte order mark, transport label, `<meta>`, default: in this order. */
  export default function sniffHTMLEncoding(bytes: Uint8Array, options?: SniffOptions): string;
}

declare module "rdf-canonize" {
  interface Term {
    readonly termType: "NamedNode" | "BlankNode" | "Literal" | "DefaultGraph";
    readonly value: string;
    readonly datatype?: { readonly termType: "NamedNode"; readonly value: string };
    readonly language?: string;
  }
  interface Quad {
    readonly subject: Term;
    readonly predicate: Term;
    readonly object: Term;
    readonly graph: Term;
  }
  interface CanonizeOptions {
    readonly algorithm: "RDFC-1.0";
    readonly format?: "application/n-quads";
    /** Filled with input label → canonical label, both without `_:`. */
    readonly canonicalIdMap?: Map<string, string>;
    readonly maxDeepIterations?: number;
    readonly createMessageDigest?: () => { update(text: string): void; digest(): string };
    readonly signal?: AbortSignal;
  }
  const canonize: {
    canonize(dataset: readonly Quad[], options: CanonizeOptions): Promise<string>;
  };
  export default canonize;
}
