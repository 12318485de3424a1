import { XMLParser } from "fast-xml-parser";
import { EngineError } from "../../core/errors.ts";
import type { ObjectSummary } from "../../core/ports/object-store.ts";

/** Keys of one answer, S3's most. */
const PAGE_KEYS = 1000;

export interface PageParams {
  readonly prefix: string;
  /** `/` for folders, empty for all that is below. */
  readonly delimiter: "/" | "";
  /** From the page before; `null` for the first. */
  readonly token: string | null;
}

export interface ListingPage {
  readonly objects: readonly ObjectSummary[];
  readonly folders: readonly string[];
  readonly nextToken: string | null;
}

/** The query of ListObjectsV2 (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html). */
export function pageQuery({ prefix, delimiter, token }: PageParams): string {
  const parts = ["encoding-type=url", "list-type=2", `max-keys=${PAGE_KEYS}`, `prefix=${escaped(prefix)}`];
  if (delimiter !== "") parts.push(`delimiter=${escaped(delimiter)}`);
  if (token !== null) parts.push(`continuation-token=${escaped(token)}`);
  return parts.sort().join("&");
}

/**
 * The client's own parser takes text that looks like a number for one: it lists the key `007` as `7`, so that a
 * removal would take another object. Here everything stays text.
 */
const parser = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  isArray: (name) => name === "Contents" || name === "CommonPrefixes",
});

interface PageXml {
  readonly ListBucketResult?: {
    readonly EncodingType?: string;
    readonly IsTruncated?: string;
    readonly NextContinuationToken?: string;
    readonly Contents?: readonly Readonly<Record<"Key" | "Size" | "ETag" | "LastModified", string>>[];
    readonly CommonPrefixes?: readonly { readonly Prefix: string }[];
  };
}

export function parsePage(xml: string): ListingPage {
  const result = (parser.parse(xml) as PageXml).ListBucketResult;
  if (result === undefined) {
    throw new EngineError("store_unavailable", "the object store's listing is no ListBucketResult; is it an S3?", {
      details: { answer: xml.slice(0, 200) },
    });
  }
  const isEncoded = result.EncodingType === "url";
  const keyOf = (text: string): string =>
    isEncoded ? decodeURIComponent(text.replaceAll("+", " ")) : unescapeXml(text);
  const token = result.IsTruncated === "true" ? result.NextContinuationToken : undefined;
  return {
    objects: (result.Contents ?? []).map((content) => ({
      key: keyOf(content.Key),
      sizeBytes: Number(content.Size),
      etag: unquoted(unescapeXml(content.ETag)),
      modifiedAtMs: Date.parse(content.LastModified),
    })),
    folders: (result.CommonPrefixes ?? []).map(({ Prefix }) => keyOf(Prefix)),
    nextToken: token === undefined || token === "" ? null : unescapeXml(token),
  };
}

/** An ETag without the quotes around it. */
export function unquoted(etag: string): string {
  return etag.replace(/^"(?<inner>.*)"$/s, "$<inner>");
}

const XML_ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x(?<hex>[0-9a-f]+)|#(?<decimal>\d+)|(?<name>[a-z]+));/gi, (...match) => {
    const { hex, decimal, name } = match.at(-1) as Partial<Record<"hex" | "decimal" | "name", string>>;
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return XML_ENTITIES[name ?? ""] ?? match[0];
  });
}

/** As S3 signs it: all but letters, digits and `-._~` (RFC 3986 §2.3). */
export function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}
