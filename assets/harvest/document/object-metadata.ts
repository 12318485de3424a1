import { MAX_METADATA_BYTES } from "../../../engine/index.ts";
import type { ObjectMetadata } from "../../../engine/index.ts";

/**
 * A text as object metadata can hold it: printable ASCII as it is, every other character percent-encoded as UTF-8.
 * `%` itself stays, so a URL that is already encoded is unchanged; compare a URL with metadata through this function.
 */
export function asciiText(text: string): string {
  return text.toWellFormed().replace(/[^ -~]+/g, encodeURIComponent);
}

/** Fields in the order in which they are given up when there are too many bytes. */
const EXPENDABLE = ["matchedstring", "matchedpath", "jsonsha", "identifiertype"] as const;
/** A matched string is cut to what fits, not below this; shorter it says nothing. */
const MIN_MATCHED_BYTES = 64;
const CUT_MARK = "...";

/**
 * Metadata in ASCII, under 2 kB in all (names and values), as S3 demands: gleaner loses a document whose identifier is
 * longer. `matchedstring` is cut first and marked with `...`, then fields go, `url` is cut last of all.
 */
export function objectMetadata(fields: Readonly<Record<string, string | undefined>>): ObjectMetadata {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = asciiText(value);
  for (const name of EXPENDABLE) {
    const over = sizeOf(kept) - MAX_BYTES;
    if (over <= 0) return kept;
    const length = kept[name]?.length ?? 0;
    const left = length - over - CUT_MARK.length;
    if (name === "matchedstring" && left >= MIN_MATCHED_BYTES) kept[name] = `${kept[name]?.slice(0, left)}${CUT_MARK}`;
    else delete kept[name];
  }
  const over = sizeOf(kept) - MAX_BYTES;
  if (over > 0) kept["url"] = (kept["url"] ?? "").slice(0, -over);
  return kept;
}

/** Below the limit of the store, not at it. */
const MAX_BYTES = MAX_METADATA_BYTES - 1;

/** MinIO counts the header's whole name. */
const HEADER_PREFIX = "x-amz-meta-";

function sizeOf(fields: Readonly<Record<string, string>>): number {
  return Object.entries(fields).reduce(
    (sum, [name, value]) => sum + HEADER_PREFIX.length + name.length + value.length,
    0,
  );
}
