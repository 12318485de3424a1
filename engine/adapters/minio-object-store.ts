import { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { Client, CopyDestinationOptions, CopySourceOptions } from "minio";
import { EngineError } from "../core/errors.ts";
import type {
  CopyObjectParams,
  ListObjectsParams,
  ObjectDetails,
  ObjectRef,
  ObjectStore,
  PutObjectParams,
  RemoveObjectsParams,
} from "../core/ports/object-store.ts";
import { concurrencyLimit } from "./concurrency-limit.ts";
import { parseAddress } from "./minio-object-store/address.ts";
import { detailsOfHeaders, headersOfDetails } from "./minio-object-store/details.ts";
import { s3KeyFault } from "./minio-object-store/key-faults.ts";
import { escaped, pageQuery, parsePage, unquoted } from "./minio-object-store/listing-page.ts";
import type { ListingPage, PageParams } from "./minio-object-store/listing-page.ts";
import { asBuffer, gatherPart, PART_BYTES, uploadInParts } from "./minio-object-store/multipart.ts";
import type { MultipartRequests } from "./minio-object-store/multipart.ts";
import { isMissing, isRefusedKey, s3Code, storeError } from "./minio-object-store/s3-errors.ts";
import { transport } from "./minio-object-store/transport.ts";
import type { CallScope } from "./minio-object-store/transport.ts";
import { gatherBody } from "./object-store/body-chunks.ts";
import type { GatheredBody } from "./object-store/body-chunks.ts";
import {
  checkBucketName,
  checkedContentType,
  checkedMetadata,
  checkFolderPrefix,
  keyRefused,
  objectMissing,
} from "./object-store/object-rules.ts";

export interface MinioObjectStoreParams {
  /** A host, or `host:port`, without a scheme. */
  readonly endPoint: string;
  /** Empty, 0 and left out mean: the port in the address, else 443 or 80. */
  readonly port?: number | string | undefined;
  readonly useSsl: boolean;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Where left out, the client asks the store for each bucket's. */
  readonly region?: string | undefined;
  /** Default: the store's URL. */
  readonly description?: string | undefined;
}

/** A body up to this size is read before it waits for its turn, and is sent as one. */
const SMALL_BODY_BYTES = 256 * 1024;

/** Bodies that are sent in parts at the same time, each with a part in memory. */
const MAX_STREAMED_PUTS = 16;

/** S3 removes no more with one request. */
const REMOVAL_BATCH_KEYS = 1000;

/** How often a copy that also reads the source's details begins again because the source was replaced meanwhile. */
const MAX_COPY_ATTEMPTS = 5;

/** What all calls share. */
interface Tools {
  readonly client: Client;
  readonly store: string;
  /** Runs a call with its signal, and its errors in the engine's words. */
  readonly call: <T>(subject: CallSubject, task: (scope: CallScope) => Promise<T>) => Promise<T>;
}

interface CallSubject {
  readonly bucket?: string;
  readonly key?: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * MinIO and any other S3. Streams in parts of 8 MiB; the ETag of an object of more than one part is no MD5.
 * Keys that no S3 gets to see are in `key-faults.ts`; MinIO refuses more (`isRefusedKey`). A single MinIO server takes
 * `a` beside `a/b`, but then no longer lists `a/b`.
 */
export function minioObjectStore(params: MinioObjectStoreParams): ObjectStore {
  const { accessKey, secretKey, useSsl, region } = params;
  const { host, port, url } = parseAddress(params);
  const store = params.description ?? url;
  const requests = transport(useSsl);
  const client = new Client({
    endPoint: host,
    useSSL: useSsl,
    accessKey,
    secretKey,
    transport: requests.client,
    transportAgent: requests.agent,
    // The client's own would wait on its own timers and write to the console; the engine's steps have their policy.
    retryOptions: { disableRetry: true },
    ...(port === undefined ? {} : { port }),
    ...(region === undefined || region === "" ? {} : { region }),
  });

  const call: Tools["call"] = async ({ bucket, key, signal }, task) => {
    signal?.throwIfAborted();
    for (let attempt = 1; ; attempt++) {
      const scope: CallScope = { signal, answeredAt: undefined, wasStale: false };
      try {
        return await requests.run(scope, () => task(scope));
      } catch (error) {
        signal?.throwIfAborted();
        if (scope.wasStale && attempt === 1) continue;
        throw storeError(error, { store, bucket, key });
      }
    }
  };

  const tools: Tools = { client, store, call };
  return Object.freeze<ObjectStore>({
    description: store,
    ...bucketCalls(tools, region),
    ...readCalls(tools),
    ...listCalls(tools),
    put: putCall(tools),
    remove: removeCall(tools),
    copy: copyCall(tools),
  });
}

function bucketCalls({ client, call }: Tools, region = ""): Pick<ObjectStore, "ping" | "ensureBucket"> {
  return {
    async ping(signal?: AbortSignal) {
      await call({ signal }, async () => {
        try {
          await client.listBuckets();
        } catch (error) {
          // Keys may well be good for one bucket only; the store has answered all the same.
          if (s3Code(error) !== "AccessDenied") throw error;
        }
      });
    },

    async ensureBucket(bucket: string, signal?: AbortSignal) {
      checkBucketName(bucket);
      await call({ bucket, signal }, async () => {
        if (await client.bucketExists(bucket)) return;
        try {
          await client.makeBucket(bucket, region);
        } catch (error) {
          if (s3Code(error) !== "BucketAlreadyOwnedByYou") throw error;
        }
      });
    },
  };
}

function readCalls({ client, store, call }: Tools): Pick<ObjectStore, "get" | "head"> {
  return {
    async get({ bucket, key, signal }: ObjectRef) {
      checkBucketName(bucket);
      signal?.throwIfAborted();
      if (s3KeyFault(key) !== null) throw objectMissing(bucket, key, store);
      return call({ bucket, key, signal }, async () => {
        const answer = await client.getObject(bucket, key).catch((error: unknown) => {
          throw isMissing(error) || isRefusedKey(error) ? objectMissing(bucket, key, store) : error;
        });
        if (!(answer instanceof IncomingMessage))
          throw new EngineError("internal", "the S3 client answers no HTTP message");
        const details = detailsOfHeaders(key, answer.headers);
        return { details, body: readableBody(answer, (error) => storeError(error, { store, bucket, key })) };
      });
    },

    async head({ bucket, key, signal }: ObjectRef) {
      checkBucketName(bucket);
      return call({ bucket, key, signal }, () => headObject(client, bucket, key));
    },
  };
}

async function headObject(client: Client, bucket: string, key: string): Promise<ObjectDetails | null> {
  if (s3KeyFault(key) !== null) return null;
  try {
    // `statObject` puts user metadata and headers into one record, where those of one name overwrite each other.
    const answer = await client.makeRequestAsyncOmit({ method: "HEAD", bucketName: bucket, objectName: key });
    return detailsOfHeaders(key, answer.headers);
  } catch (error) {
    if (isMissing(error) || isRefusedKey(error)) return null;
    throw error;
  }
}

function readableBody(answer: IncomingMessage, mapError: (error: Error) => Error): Readable {
  const body = new PassThrough();
  answer.on("error", (error) => body.destroy(mapError(error)));
  // A reader gets the error from its iteration or pipeline; a body that nobody reads must not end the process.
  body.on("error", () => undefined);
  body.on("close", () => answer.destroy());
  return answer.pipe(body);
}

function listCalls({ client, call }: Tools): Pick<ObjectStore, "list" | "listFolders"> {
  async function* pages({ bucket, prefix, signal }: ListObjectsParams, delimiter: PageParams["delimiter"]) {
    checkBucketName(bucket);
    let token: string | null = null;
    do {
      const query: string = pageQuery({ prefix, delimiter, token });
      const page: ListingPage = await call({ bucket, signal }, async () => {
        try {
          const answer = await client.makeRequestAsync({ method: "GET", bucketName: bucket, query });
          return parsePage(await text(answer));
        } catch (error) {
          // No key the store can hold begins like that.
          if (isRefusedKey(error)) return EMPTY_PAGE;
          throw error;
        }
      });
      yield page;
      token = page.nextToken;
    } while (token !== null);
  }

  return {
    async *list(params: ListObjectsParams) {
      for await (const page of pages(params, "")) {
        for (const object of page.objects) {
          params.signal?.throwIfAborted();
          yield object;
        }
      }
    },

    async *listFolders(params: ListObjectsParams) {
      checkFolderPrefix(params.prefix);
      for await (const page of pages(params, "/")) yield* page.folders;
    },
  };
}

const EMPTY_PAGE: ListingPage = { objects: [], folders: [], nextToken: null };

function putCall(tools: Tools): ObjectStore["put"] {
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

function removeCall({ client, store, call }: Tools): ObjectStore["remove"] {
  return async ({ bucket, keys, signal }: RemoveObjectsParams) => {
    checkBucketName(bucket);
    signal?.throwIfAborted();
    const held = keys.filter((key) => s3KeyFault(key) === null);
    for (let start = 0; start < held.length; start += REMOVAL_BATCH_KEYS) {
      const batch = held.slice(start, start + REMOVAL_BATCH_KEYS);
      const failures = await call({ bucket, signal }, () => client.removeObjects(bucket, batch));
      for (const failure of failures as readonly RemovalFailure[]) {
        const error = Object.assign(new Error(failure.Message), { code: failure.Code });
        if (!isMissing(error) && !isRefusedKey(error))
          throw storeError(error, { store, bucket, key: String(failure.Key) });
      }
    }
  };
}

/** An element of S3's answer to a removal (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Error.html). */
interface RemovalFailure {
  readonly Key?: string | number;
  readonly Code?: string;
  readonly Message?: string;
}

function copyCall({ client, store, call }: Tools): ObjectStore["copy"] {
  return async (params: CopyObjectParams) => {
    const { bucket, from, to, signal } = params;
    checkBucketName(bucket);
    const fault = s3KeyFault(to);
    if (fault !== null) throw keyRefused(to, fault);
    const contentType = params.contentType === undefined ? undefined : checkedContentType(params.contentType);
    const metadata = params.metadata === undefined ? undefined : checkedMetadata(params.metadata);
    const isPlain = contentType === undefined && metadata === undefined;

    const attemptCopy = async (): Promise<"copied" | "replaced meanwhile"> => {
      const needsSource = from === to || (!isPlain && (contentType === undefined || metadata === undefined));
      const source = needsSource ? await headObject(client, bucket, from) : undefined;
      if (source === null || s3KeyFault(from) !== null) throw objectMissing(bucket, from, store);
      if (isPlain && from === to) return "copied";
      const headers = isPlain
        ? {}
        : headersOfDetails({
            contentType: contentType ?? source?.contentType ?? "",
            metadata: metadata ?? source?.metadata ?? {},
          });
      const target = {
        Bucket: bucket,
        Object: to,
        Headers: headers,
        MetadataDirective: isPlain ? ("COPY" as const) : ("REPLACE" as const),
      };
      try {
        const origin = new CopySource({ Bucket: bucket, Object: from, MatchETag: source?.etag ?? "" });
        await client.copyObject(origin, new CopyDestinationOptions(target));
        return "copied";
      } catch (error) {
        if (s3Code(error) === "PreconditionFailed") return "replaced meanwhile";
        // The store does not say which of the two keys it means.
        const isSourceMissing = isMissing(error) || (isRefusedKey(error) && !(await headObject(client, bucket, from)));
        throw isSourceMissing ? objectMissing(bucket, from, store) : error;
      }
    };

    for (let attempt = 1; attempt <= MAX_COPY_ATTEMPTS; attempt++) {
      if ((await call({ bucket, key: to, signal }, attemptCopy)) === "copied") return;
    }
    const message = `${from} in ${store} was replaced again and again while it was copied`;
    throw new EngineError("store_unavailable", message, { retryable: true, details: { bucket, from, to } });
  };
}

/** The client's own leaves `#`, `?` and `+` in the source's key as they are, which S3 reads as parts of a URL. */
class CopySource extends CopySourceOptions {
  override getHeaders(): ReturnType<CopySourceOptions["getHeaders"]> {
    const path = [this.Bucket, ...this.Object.split("/")].map(escaped).join("/");
    return { ...super.getHeaders(), "x-amz-copy-source": path };
  }
}

function answeredAtMs(scope: CallScope): number {
  return Date.parse(scope.answeredAt ?? "");
}
