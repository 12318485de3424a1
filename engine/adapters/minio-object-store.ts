import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import type { Readable } from "node:stream";
import { Client } from "minio";
import { EngineError, isEngineError } from "../core/errors.ts";
import type { ObjectRef, ObjectStore, RemoveObjectsParams } from "../core/ports/object-store.ts";
import type { Clock } from "../core/ports/time.ts";
import { parseAddress } from "./minio-object-store/address.ts";
import { copyCall } from "./minio-object-store/copy-call.ts";
import { detailsOfHeaders } from "./minio-object-store/details.ts";
import { headObject } from "./minio-object-store/head-object.ts";
import { s3KeyFault } from "./minio-object-store/key-faults.ts";
import { listingCalls } from "./minio-object-store/listing-calls.ts";
import { putCall } from "./minio-object-store/put-call.ts";
import { isMissing, isRefusedKey, s3Code, storeError } from "./minio-object-store/s3-errors.ts";
import type { Tools } from "./minio-object-store/tools.ts";
import { transport } from "./minio-object-store/transport.ts";
import type { CallScope } from "./minio-object-store/transport.ts";
import { http } from "./node-http.ts";
import { endOnAbort } from "./object-store/end-on-abort.ts";
import { checkBucketName, objectMissing } from "./object-store/object-rules.ts";
import { systemClock } from "./system-clock.ts";

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
  /** For the waits between tries. Default: the system's. */
  readonly clock?: Clock | undefined;
}

/**
 * A call whose error may pass (a lost connection, `SlowDown`) is tried again after these waits: S3 answers so now and
 * then, and a harvest makes a hundred thousand calls. What lasts longer is for the step's own retries. Every call can be
 * made twice: bodies are in memory, a part at a time.
 */
const RETRY_DELAYS_MS: readonly number[] = [100, 400];

/** S3 removes no more with one request. */
const REMOVAL_BATCH_KEYS = 1000;

/**
 * MinIO and any other S3. Streams in parts of 8 MiB; the ETag of an object of more than one part is no MD5.
 * Keys that no S3 gets to see are in `key-faults.ts`; MinIO refuses more (`isRefusedKey`). A single MinIO server takes
 * `a` beside `a/b`, but then no longer lists `a/b`.
 */
export function minioObjectStore(params: MinioObjectStoreParams): ObjectStore {
  const { accessKey, secretKey, useSsl, region, clock = systemClock() } = params;
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
    // The client's own retries would wait on its own timers and write to the console.
    retryOptions: { disableRetry: true },
    ...(port === undefined ? {} : { port }),
    ...(region === undefined || region === "" ? {} : { region }),
  });

  const call: Tools["call"] = async ({ bucket, key, signal }, task) => {
    signal?.throwIfAborted();
    for (let attempt = 0; ; attempt++) {
      const scope: CallScope = { signal, answeredAt: undefined, wasStale: false };
      try {
        return await requests.run(scope, () => task(scope));
      } catch (error) {
        signal?.throwIfAborted();
        const told = storeError(error, { store, bucket, key });
        const delayMs = RETRY_DELAYS_MS[attempt];
        if (delayMs === undefined || !(isEngineError(told) && told.retryable)) throw told;
        if (!scope.wasStale) await clock.sleep(delayMs, signal);
      }
    }
  };

  const tools: Tools = { client, store, call };
  return Object.freeze<ObjectStore>({
    description: store,
    ...bucketCalls(tools, region),
    ...readCalls(tools),
    ...listingCalls(tools),
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
        if (!(answer instanceof http.IncomingMessage)) {
          throw new EngineError("internal", "the S3 client answers no HTTP message");
        }
        const details = detailsOfHeaders(key, answer.headers);
        const body = readableBody(answer, (error) => storeError(error, { store, bucket, key }));
        return { details, body: endOnAbort(body, signal) };
      });
    },

    async head({ bucket, key, signal }: ObjectRef) {
      checkBucketName(bucket);
      return call({ bucket, key, signal }, () => headObject(client, bucket, key));
    },
  };
}

function readableBody(answer: IncomingMessage, mapError: (error: Error) => Error): Readable {
  const body = new PassThrough();
  answer.on("error", (error) => body.destroy(mapError(error)));
  // A reader gets the error from its iteration or pipeline; a body that nobody reads must not end the process.
  body.on("error", () => undefined);
  body.on("close", () => answer.destroy());
  return answer.pipe(body);
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
