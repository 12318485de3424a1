import { extname } from "node:path";
import { DEFAULT_CONTENT_TYPE } from "../object-store/object-rules.ts";

/** Content types of what people drop into a bucket of Sheaf; anything else is `application/octet-stream`. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".csv": "text/csv",
  ".geojson": "application/geo+json",
  ".gz": "application/gzip",
  ".htm": "text/html",
  ".html": "text/html",
  ".json": "application/json",
  ".jsonld": "application/ld+json",
  ".log": "text/plain",
  ".md": "text/markdown",
  ".nq": "application/n-quads",
  ".nt": "application/n-triples",
  ".png": "image/png",
  ".rdf": "application/rdf+xml",
  ".rq": "application/sparql-query",
  ".svg": "image/svg+xml",
  ".tar": "application/x-tar",
  ".trig": "application/trig",
  ".ttl": "text/turtle",
  ".txt": "text/plain",
  ".xml": "application/xml",
  ".yaml": "application/yaml",
  ".yml": "application/yaml",
  ".zip": "application/zip",
};

/** The content type of a file that nobody named one for. */
export function contentTypeOf(key: string): string {
  return CONTENT_TYPES[extname(key).toLowerCase()] ?? DEFAULT_CONTENT_TYPE;
}
