import type { ObjectDetails, ObjectRef, ObjectStore, PutObjectParams } from "../../core/ports/object-store.ts";
import { concurrencyLimit } from "../concurrency-limit.ts";
import { gatherBody } from "../object-store/body-chunks.ts";
import type { GatheredBody } from "../object-store/body-chunks.ts";
import { checkBucketName, checkedContentType, checkedMetadata, keyRefused } from "../object-store/object-rules.ts";
import { headersOfDetails } from "./details.ts";
import { s3KeyFault } from "./key-faults.ts";
import { escaped, unquoted } from "./listing-page.ts";
import { asBuffer, gatherPart, PART_BYTES, uploadInParts } from "./multipart.ts";
import type { MultipartRequests } from "./multipart.ts";
import type { Tools } from "./tools.ts";
import type { CallScope } from "./transport.ts";

/** A body up to this size is read before it waits for its turn, and is sent as one. */
const SMALL_BODY_BYTES = 256 * 1024;

/** Bodies that are sent in parts at the same time, each with a part in memory. */
const MAX_STREAMED_PUTS = 16;

export function putCall(tools: Tools): ObjectStore["put"] {
  const { client, call } = tools;
  const streamedPuts = concurrencyLimit(MAX_STREAMED_PUTS);

  return async (params: PutObjectParams) => {
    const { bucket, key, signal } = params;
    checkBucketName(bucket);
    const fault = s3KeyFault(key);
    if (fault !== null) throw keyRefused(key, fault);
    const contentType = checkedContentType(params.contentType);
    const metadata = checkedMetadata(params.metadata);
    const headers = headersOfDetails({ contentType, metadata });
    signal?.throwIfAborted();

    const putWhole = (bytes: Uint8Array): Promise<ObjectDetails> =>
      call({ bucket, key, signal }, async (scope) => {
        const sizeBytes = bytes.byteLength;
        const { etag } = await client.putObject(bucket, key, asBuffer(bytes), sizeBytes, headers);
        return { key, sizeBytes, etag, modifiedAtMs: answeredAtMs(scope), contentType, metadata };
      });

    const putStreamed = async (start: GatheredBody): Promise<ObjectDetails> => {
      const first = await gatherPart(start);
      if (first.rest === null) return putWhole(first.bytes);
      const uploaded = await uploadInParts(multipartRequests(tools, { bucket, key, signal }, headers), first);
      return { key, ...uploaded, contentType, metadata };
    };

    const body = inParts(await gatherBody(params, SMALL_BODY_BYTES));
    try {
      return body.rest === null ? await putWhole(body.bytes) : await streamedPuts.run(() => putStreamed(body), signal);
    } finally {
      await body.rest?.return();
    }
  };
}

/** A large body that was given whole is sent in parts too: signing hashes a part at a time, on the engine's thread. */
function inParts(body: GatheredBody): GatheredBody {
  const { bytes } = body;
  if (body.rest !== null || bytes.byteLength <= PART_BYTES) return body;
  const rest = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for (let start = PART_BYTES; start < bytes.byteLength; start += PART_BYTES) {
      yield bytes.subarray(start, start + PART_BYTES);
    }
  };
  return { bytes: bytes.subarray(0, PART_BYTES), rest: rest() };
}

function multipartRequests(
  { client, call }: Tools,
  { bucket, key, signal }: ObjectRef,
  headers: Record<string, string>,
): MultipartRequests {
  const subject = { bucket, key, signal };
  return {
    begin: () => call(subject, () => client.initiateNewMultipartUpload(bucket, key, headers)),
    send: (uploadId, part, bytes) =>
      call(subject, () => {
        const target = {
          bucketName: bucket,
          objectName: key,
          uploadID: escaped(uploadId),
          partNumber: part,
          headers: {},
        };
        return client.uploadPart(target, bytes);
      }),
    complete: (uploadId, parts) =>
      call(subject, async (scope) => {
        const { etag } = await client.completeMultipartUpload(bucket, key, uploadId, parts);
        return { etag: unquoted(etag), modifiedAtMs: answeredAtMs(scope) };
      }),
    // Without the signal: it is just when that aborts that the parts have to go.
    abandon: (uploadId) => call({ bucket, key }, () => client.abortMultipartUpload(bucket, key, escaped(uploadId))),
  };
}

function answeredAtMs(scope: CallScope): number {
  return Date.parse(scope.answeredAt ?? "");
}
