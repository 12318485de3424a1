import type { IncomingHttpHeaders } from "node:http";
import type { ObjectDetails } from "../../core/ports/object-store.ts";
import { DEFAULT_CONTENT_TYPE, METADATA_PREFIX } from "../object-store/object-rules.ts";
import { unquoted } from "./listing-page.ts";

/** What the headers of a GET or HEAD answer tell of an object. */
export function detailsOfHeaders(key: string, headers: IncomingHttpHeaders): ObjectDetails {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(METADATA_PREFIX)) metadata[name.slice(METADATA_PREFIX.length)] = decoded(String(value ?? ""));
  }
  return {
    key,
    sizeBytes: Number(headers["content-length"] ?? 0),
    etag: unquoted(headers.etag ?? ""),
    modifiedAtMs: Date.parse(headers["last-modified"] ?? ""),
    contentType: headers["content-type"] ?? DEFAULT_CONTENT_TYPE,
    metadata,
  };
}

/** The headers with which an object is written. */
export function headersOfDetails(details: Pick<ObjectDetails, "contentType" | "metadata">): Record<string, string> {
  const headers: Record<string, string> = { "content-type": details.contentType };
  for (const [name, value] of Object.entries(details.metadata)) headers[METADATA_PREFIX + name] = value;
  return headers;
}

/** Node reads headers as Latin-1; what other tools wrote beyond ASCII is mostly UTF-8. */
function decoded(value: string): string {
  const text = Buffer.from(value, "latin1").toString("utf8");
  return text.includes("\ufffd") ? value : text;
}
