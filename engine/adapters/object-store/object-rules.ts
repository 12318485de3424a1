import { EngineError } from "../../core/errors.ts";
import { MAX_METADATA_BYTES } from "../../core/ports/object-store.ts";
import type { ObjectMetadata } from "../../core/ports/object-store.ts";

/** The rules that every object store holds, whatever it stands on. */

export const DEFAULT_CONTENT_TYPE = "application/octet-stream";

/** S3's limit, in UTF-8 bytes (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html). */
export const MAX_KEY_BYTES = 1024;

/** Far over any real one; a bound for what is kept of each object. */
const MAX_CONTENT_TYPE_BYTES = 255;

const BUCKET_NAME = /^(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Throws `invalid_request` for what S3 does not take as the name of a bucket. */
export function checkBucketName(bucket: string): void {
  if (BUCKET_NAME.test(bucket)) return;
  throw new EngineError(
    "invalid_request",
    `${JSON.stringify(bucket)} is no name for a bucket: 3 to 63 lower-case letters, digits, "." and "-", ` +
      `beginning and ending with a letter or digit, no ".." and no IP address`,
    { details: { bucket } },
  );
}

/** Why no store can hold the key, or `null`. */
export function generalKeyFault(key: string): string | null {
  if (key === "") return "it is empty";
  if (!key.isWellFormed()) return "it holds half of a surrogate pair";
  const bytes = Buffer.byteLength(key);
  return bytes > MAX_KEY_BYTES ? `it has ${bytes} bytes, and ${MAX_KEY_BYTES} is the most` : null;
}

export function keyRefused(key: string, why: string, cause?: unknown): EngineError {
  const message = `the object key ${JSON.stringify(key.slice(0, 200))} is refused: ${why}`;
  return new EngineError("object_key_refused", message, { details: { key, why }, cause });
}

/** Throws `invalid_request` for a prefix that `listFolders` does not take. */
export function checkFolderPrefix(prefix: string): void {
  if (prefix === "" || prefix.endsWith("/")) return;
  throw new EngineError(
    "invalid_request",
    `folders are listed below a prefix that is empty or ends in "/", not below ${JSON.stringify(prefix)}`,
    { details: { prefix } },
  );
}

export function bucketMissing(bucket: string, store: string): EngineError {
  return new EngineError("not_found", `there is no bucket ${JSON.stringify(bucket)} in ${store}; create it first`, {
    details: { bucket, store },
  });
}

export function objectMissing(bucket: string, key: string, store: string): EngineError {
  const message = `there is no object ${JSON.stringify(key)} in bucket ${JSON.stringify(bucket)} of ${store}`;
  return new EngineError("object_not_found", message, { details: { bucket, key, store } });
}

/** What stands before the name of user metadata in a header. */
export const METADATA_PREFIX = "x-amz-meta-";

const METADATA_PREFIX_START = new RegExp(`^${METADATA_PREFIX}`);

/** The characters of a header's name (RFC 9110 §5.6.2). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** What a header's value can hold and S3 signs as it is: printable ASCII. */
const HEADER_VALUE = /^[\x20-\x7e]*$/;

/**
 * User metadata as a store keeps it: names in lower case without `x-amz-meta-`, values without blanks around them
 * and with runs of blanks as one, which is what S3's signature makes of a header. Throws `object_metadata_refused`
 * for more than 2 kB, for what is not ASCII, and for what no header can carry.
 */
export function checkedMetadata(metadata: ObjectMetadata | undefined): ObjectMetadata {
  const kept: Record<string, string> = {};
  let bytes = 0;
  for (const [givenName, givenValue] of Object.entries(metadata ?? {})) {
    const name = givenName.toLowerCase().replace(METADATA_PREFIX_START, "");
    const value = givenValue.replaceAll(/ +/g, " ").trim();
    if (!HEADER_NAME.test(name)) throw metadataRefused(`${JSON.stringify(givenName)} is no name of a header`);
    if (!HEADER_VALUE.test(value)) throw metadataRefused(`the value of ${name} is not printable ASCII`);
    if (Object.hasOwn(kept, name)) throw metadataRefused(`${name} is given twice`);
    kept[name] = value;
    bytes += METADATA_PREFIX.length + name.length + value.length;
  }
  if (bytes > MAX_METADATA_BYTES) {
    throw metadataRefused(`its names and values have ${bytes} bytes, and ${MAX_METADATA_BYTES} is the most`);
  }
  return Object.freeze(kept);
}

/** The content type, or the default. Throws `object_metadata_refused` for what no header can carry. */
export function checkedContentType(contentType: string | undefined): string {
  const kept = contentType?.trim() ?? "";
  if (kept === "") return DEFAULT_CONTENT_TYPE;
  if (!HEADER_VALUE.test(kept)) throw metadataRefused("the content type is not printable ASCII");
  if (kept.length > MAX_CONTENT_TYPE_BYTES) {
    throw metadataRefused(`the content type has ${kept.length} bytes, and ${MAX_CONTENT_TYPE_BYTES} is the most`);
  }
  return kept;
}

function metadataRefused(why: string): EngineError {
  return new EngineError("object_metadata_refused", `the object's metadata is refused: ${why}`, { details: { why } });
}
