import { hash } from "node:crypto";
import { Readable } from "node:stream";
import { gatherBody } from "../../engine/adapters/object-store/body-chunks.ts";
import {
  bucketMissing,
  checkBucketName,
  checkedContentType,
  checkedMetadata,
  checkFolderPrefix,
  generalKeyFault,
  keyRefused,
  objectMissing,
} from "../../engine/adapters/object-store/object-rules.ts";
import type {
  CopyObjectParams,
  ListObjectsParams,
  ObjectDetails,
  ObjectReading,
  ObjectRef,
  ObjectStore,
  ObjectSummary,
  PutObjectParams,
  RemoveObjectsParams,
} from "../../engine/core/ports/object-store.ts";
import type { Clock } from "../../engine/core/ports/time.ts";
import { sortUtf8 } from "../../engine/core/utf8-order.ts";

interface StoredObject {
  readonly bytes: Uint8Array;
  readonly details: ObjectDetails;
}

/** An object store in memory, with what tests want to know of it. */
export interface MemoryObjectStore extends ObjectStore {
  /** Keys that were put or were the target of a copy, in order. */
  readonly writes: readonly string[];
  readonly removals: readonly string[];
  /** Content as UTF-8. Throws where there is no such object. */
  text(bucket: string, key: string): string;
  keys(bucket: string, prefix?: string): readonly string[];
}

export function memoryObjectStore({ clock }: { readonly clock: Clock }): MemoryObjectStore {
  const buckets = new Map<string, Map<string, StoredObject>>();
  const writes: string[] = [];
  const removals: string[] = [];
  const description = "memory";

  function find(ref: ObjectRef): StoredObject | undefined {
    ref.signal?.throwIfAborted();
    checkBucketName(ref.bucket);
    return buckets.get(ref.bucket)?.get(ref.key);
  }
  function bucketOf(name: string): Map<string, StoredObject> {
    checkBucketName(name);
    const bucket = buckets.get(name);
    if (bucket === undefined) throw bucketMissing(name, description);
    return bucket;
  }
  function write(
    bucket: string,
    object: Omit<ObjectDetails, "sizeBytes" | "etag" | "modifiedAtMs">,
    bytes: Uint8Array,
  ): ObjectDetails {
    const fault = generalKeyFault(object.key);
    if (fault !== null) throw keyRefused(object.key, fault);
    const details = { ...object, sizeBytes: bytes.byteLength, etag: hash("md5", bytes), modifiedAtMs: clock.now() };
    bucketOf(bucket).set(object.key, { bytes, details: Object.freeze(details) });
    writes.push(object.key);
    return details;
  }
  function keys(bucket: string, prefix = ""): string[] {
    return sortUtf8([...bucketOf(bucket).keys()].filter((key) => key.startsWith(prefix)));
  }

  async function put(params: PutObjectParams): Promise<ObjectDetails> {
    const { bucket, key, signal } = params;
    signal?.throwIfAborted();
    bucketOf(bucket);
    const contentType = checkedContentType(params.contentType);
    const metadata = checkedMetadata(params.metadata);
    const { bytes } = await gatherBody(params, Infinity);
    return write(bucket, { key, contentType, metadata }, Uint8Array.from(bytes));
  }
  async function get(ref: ObjectRef): Promise<ObjectReading> {
    const found = find(ref);
    if (found === undefined) throw objectMissing(ref.bucket, ref.key, description);
    const pieces = function* (): Generator<Buffer> {
      for (let at = 0; at < found.bytes.byteLength; at += 65_536) {
        ref.signal?.throwIfAborted();
        yield Buffer.from(found.bytes.subarray(at, at + 65_536));
      }
    };
    const body = Readable.from(pieces());
    return { details: found.details, body };
  }
  async function* list(params: ListObjectsParams): AsyncGenerator<ObjectSummary> {
    for (const key of keys(params.bucket, params.prefix)) {
      params.signal?.throwIfAborted();
      const found = find({ bucket: params.bucket, key });
      if (found === undefined) continue;
      const { sizeBytes, etag, modifiedAtMs } = found.details;
      yield { key, sizeBytes, etag, modifiedAtMs };
    }
  }
  async function* listFolders(params: ListObjectsParams): AsyncGenerator<string> {
    const { bucket, prefix, signal } = params;
    checkFolderPrefix(prefix);
    const below = keys(bucket, prefix).filter((key) => key.includes("/", prefix.length));
    for (const folder of new Set(below.map((key) => key.slice(0, key.indexOf("/", prefix.length) + 1)))) {
      signal?.throwIfAborted();
      yield folder;
    }
  }
  async function remove(params: RemoveObjectsParams): Promise<void> {
    params.signal?.throwIfAborted();
    const bucket = bucketOf(params.bucket);
    for (const key of params.keys) if (bucket.delete(key)) removals.push(key);
  }
  async function copy(params: CopyObjectParams): Promise<void> {
    const { bucket, from, to, signal } = params;
    const found = find({ bucket, key: from, signal });
    if (found === undefined) throw objectMissing(bucket, from, description);
    const contentType = checkedContentType(params.contentType ?? found.details.contentType);
    const metadata = checkedMetadata(params.metadata ?? found.details.metadata);
    write(bucket, { key: to, contentType, metadata }, found.bytes);
  }

  return {
    description,
    ping: async (signal) => signal?.throwIfAborted(),
    ensureBucket: async (bucket, signal) => {
      signal?.throwIfAborted();
      checkBucketName(bucket);
      if (!buckets.has(bucket)) buckets.set(bucket, new Map());
    },
    put,
    get,
    head: async (ref) => find(ref)?.details ?? null,
    list,
    listFolders,
    remove,
    copy,
    writes,
    removals,
    keys,
    text: (bucket, key) => {
      const found = find({ bucket, key });
      if (found === undefined) throw objectMissing(bucket, key, description);
      return Buffer.from(found.bytes).toString("utf8");
    },
  };
}
