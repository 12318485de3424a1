import { EngineError, isEngineError } from "../../core/errors.ts";
import { bucketMissing, keyRefused, objectMissing } from "../object-store/object-rules.ts";

/** What a call was about, for its error. */
export interface CallSubject {
  readonly store: string;
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
}

/** S3's words for what may work later (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html), and MinIO's. */
const PASSING_CODES = new Set([
  "InternalError",
  // The answer to the end of an upload was lost, and the upload is over: only the whole put can be made again.
  "NoSuchUpload",
  "OperationAborted",
  "RequestTimeout",
  "ServiceUnavailable",
  "SlowDown",
  "SlowDownRead",
  "SlowDownWrite",
  "ThrottlingException",
  "XMinioServerNotInitialized",
  "XMinioStorageFull",
]);

const REFUSED_KEY_CODES = new Set([
  "KeyTooLongError",
  "XMinioInvalidObjectName",
  "XMinioInvalidResourceName",
  "XMinioObjectExistsAsDirectory",
  "XMinioParentIsObject",
]);

const CREDENTIAL_CODES = new Set(["AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"]);

/** The client's own message where it gave up on a status that may pass. */
const PASSING_STATUS = /Retryable HTTP status: (?<status>\d+)/;

export function s3Code(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Whether it says that there is no such object or bucket; the answer to a HEAD request names neither. */
export function isMissing(error: unknown): boolean {
  return ["NoSuchKey", "NoSuchBucket", "NotFound"].includes(s3Code(error));
}

/**
 * Whether the store cannot hold such a key. MinIO, which keeps objects as files, refuses `//`, segments of more than
 * 255 bytes and others.
 */
export function isRefusedKey(error: unknown): boolean {
  return REFUSED_KEY_CODES.has(s3Code(error));
}

/**
 * An error of the client or the network in the engine's words. The original is not kept as cause: it may hold the
 * access key and what was signed with it.
 */
export function storeError(error: unknown, { store, bucket = "", key = "" }: CallSubject): Error {
  if (isEngineError(error)) return error;
  const code = s3Code(error);
  const said = error instanceof Error && error.message !== "" ? error.message.trim() : code;
  const details = { store, bucket, key, code };
  if (code === "NoSuchBucket") return bucketMissing(bucket, store);
  if (code === "NoSuchKey" || code === "NotFound") return objectMissing(bucket, key, store);
  if (isRefusedKey(error)) return keyRefused(key, `${store} answers ${code}: ${said}`);
  if (code === "MetadataTooLarge") {
    return new EngineError("object_metadata_refused", `${store} refuses the user metadata: ${said}`, { details });
  }
  if (code === "EntityTooLarge") {
    return new EngineError("too_large", `${store} refuses the size of ${key}: ${said}`, { details });
  }
  if (CREDENTIAL_CODES.has(code)) {
    const message = `the object store ${store} denies access (${code}): ${said}; check the access key, the secret key and their rights`;
    return new EngineError("store_unavailable", message, { details });
  }
  const status = PASSING_STATUS.exec(said)?.groups?.["status"];
  if (status !== undefined) {
    const message = `the object store ${store} answers with status ${status}`;
    return new EngineError("store_unavailable", message, { retryable: true, details: { ...details, status } });
  }
  const retryable = PASSING_CODES.has(code) || isPassingNetworkError(error, code);
  return new EngineError("store_unavailable", `the object store ${store} failed: ${said}`, { retryable, details });
}

/** Network errors pass, but for certificates and protocols that do not fit. */
function isPassingNetworkError(error: unknown, code: string): boolean {
  if (!(error instanceof Error)) return false;
  return /^E(?!RR_|PROTO)[A-Z_]+$/.test(code);
}
