/**
 * An S3-shaped store of objects. Implemented by a folder and by any S3; one contract suite holds both.
 * Keys are UTF-8 strings; listings are in code-unit order of the UTF-8 key, as S3 lists.
 */
export interface ObjectStore {
  /** Where it is, for people: `folder /data/objects` or `https://minio.example:9000`. Never holds a secret. */
  readonly description: string;

  /** Resolves when the store answers; throws `store_unavailable` otherwise. */
  ping(signal?: AbortSignal): Promise<void>;
  /** Creates the bucket where it is missing. */
  ensureBucket(bucket: string, signal?: AbortSignal): Promise<void>;

  /** Writes a whole object atomically: a reader sees the old one or the new one, never a part. */
  put(params: PutObjectParams): Promise<ObjectDetails>;
  /** Opens an object for reading. Throws `object_not_found`. */
  get(params: ObjectRef): Promise<ObjectReading>;
  /** What the store knows of an object, or `null` where there is none. */
  head(params: ObjectRef): Promise<ObjectDetails | null>;
  /** Every object whose key starts with `prefix` (a raw string prefix: end it with `/` to stay in a folder). */
  list(params: ListObjectsParams): AsyncIterable<ObjectSummary>;
  /** The distinct `prefix + segment + "/"` one level below `prefix`, which is empty or ends in `/`. */
  listFolders(params: ListObjectsParams): AsyncIterable<string>;
  /** Removes objects; a key that is absent is no error. */
  remove(params: RemoveObjectsParams): Promise<void>;
  /** Copies within a bucket, on the store's side. Metadata and content type go along unless given. */
  copy(params: CopyObjectParams): Promise<void>;

  /**
   * Calls `onChange` soon after an object below `prefix` may have changed. A hint, never the truth: it may be late,
   * doubled or missing, so whoever uses it polls too. Stores without such hints leave it out.
   */
  watch?(params: WatchObjectsParams): Promise<Disposable>;
}

export interface ObjectRef {
  readonly bucket: string;
  readonly key: string;
  readonly signal?: AbortSignal | undefined;
}

export interface ObjectSummary {
  readonly key: string;
  readonly sizeBytes: number;
  /** Without quotes. Changes when the content does. */
  readonly etag: string;
  readonly modifiedAtMs: number;
}

export interface ObjectDetails extends ObjectSummary {
  readonly contentType: string;
  /** User metadata, names in lower case without `x-amz-meta-`. */
  readonly metadata: ObjectMetadata;
}

export type ObjectMetadata = Readonly<Record<string, string>>;

export interface ObjectReading {
  readonly details: ObjectDetails;
  /** To be read to the end or destroyed. */
  readonly body: NodeJS.ReadableStream & AsyncIterable<Buffer> & { destroy(error?: Error): unknown };
}

export interface PutObjectParams extends ObjectRef {
  /** A chunk must stay as it is once it was handed out: some are gathered before they are written. */
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Default `application/octet-stream`. */
  readonly contentType?: string | undefined;
  readonly metadata?: ObjectMetadata | undefined;
}

export interface ListObjectsParams {
  readonly bucket: string;
  readonly prefix: string;
  readonly signal?: AbortSignal | undefined;
}

export interface RemoveObjectsParams {
  readonly bucket: string;
  readonly keys: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export interface CopyObjectParams {
  readonly bucket: string;
  readonly from: string;
  readonly to: string;
  readonly contentType?: string | undefined;
  readonly metadata?: ObjectMetadata | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WatchObjectsParams {
  readonly bucket: string;
  readonly prefix: string;
  readonly onChange: () => void;
}

/** User metadata over this many bytes (values, and names with their `x-amz-meta-`) is refused, as MinIO counts it. */
export const MAX_METADATA_BYTES = 2048;
