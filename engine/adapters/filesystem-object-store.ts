import { constants } from "node:fs";
import { access, lstat } from "node:fs/promises";
import { resolve } from "node:path";
import { EngineError } from "../core/errors.ts";
import type {
  CopyObjectParams,
  ListObjectsParams,
  ObjectRef,
  ObjectStore,
  ObjectSummary,
  PutObjectParams,
  RemoveObjectsParams,
  WatchObjectsParams,
} from "../core/ports/object-store.ts";
import type { Clock, IdSource } from "../core/ports/time.ts";
import { concurrencyLimit } from "./concurrency-limit.ts";
import { folderSync, makeFolder } from "./filesystem-object-store/durable-files.ts";
import { mapFileErrors, unlessAbsent } from "./filesystem-object-store/file-errors.ts";
import { watchFolder } from "./filesystem-object-store/folder-watch.ts";
import { holdsObject, LISTING_WINDOW_KEYS, listKeys, listSubfolders } from "./filesystem-object-store/key-listing.ts";
import { checkKey, isFolderPrefix, keyFault, splitPrefix } from "./filesystem-object-store/key-paths.ts";
import { storeLayout } from "./filesystem-object-store/layout.ts";
import type { ObjectPlace } from "./filesystem-object-store/layout.ts";
import { objectBody, WHOLE_OBJECT_BYTES } from "./filesystem-object-store/object-body.ts";
import { copyObject } from "./filesystem-object-store/object-copy.ts";
import { objectFiles } from "./filesystem-object-store/object-files.ts";
import { recordFiles } from "./filesystem-object-store/object-records.ts";
import { objectWrites } from "./filesystem-object-store/object-writes.ts";
import { temporaryFiles } from "./filesystem-object-store/temporary-files.ts";
import { keyedLock } from "./keyed-lock.ts";
import { gatherBody } from "./object-store/body-chunks.ts";
import {
  bucketMissing,
  checkBucketName,
  checkedContentType,
  checkedMetadata,
  checkFolderPrefix,
  objectMissing,
} from "./object-store/object-rules.ts";

export interface FilesystemObjectStoreParams {
  /** Holds a folder for each bucket; made where it is missing. One engine at a time writes to it. */
  readonly directory: string;
  readonly clock: Clock;
  readonly ids: IdSource;
}

/** Calls that are at work on files at the same time, each with two or three of them open. */
const MAX_FILE_CALLS = 32;

/**
 * Streamed bodies of more than 256 kB that are written at the same time, each with a file open for as long as its
 * source takes. They wait in a line of their own, so that a source that reads objects of this store is not stuck.
 */
const MAX_STREAMED_PUTS = 64;

/**
 * An object store in a folder: one plain file an object, at `<directory>/<bucket>/<key>`. What a file cannot hold
 * (content type, user metadata, ETag) is in `<directory>/.sheaf-store/`; see `object-records.ts` for how both stay
 * one through a crash. A file dropped in or edited by hand is an object, with its MD5 as ETag and no user metadata.
 *
 * Differences from S3: keys that no file can have are refused (`key-paths.ts`), and names that editors use for a
 * while are no objects unless they were put. Symbolic links are neither followed nor listed.
 */
export function filesystemObjectStore(params: FilesystemObjectStoreParams): ObjectStore {
  const { directory, clock, ids } = params;
  const description = `folder ${resolve(directory)}`;
  const layout = storeLayout(directory);
  const sync = folderSync();
  const locked = keyedLock();
  const lock = <T>(place: ObjectPlace, task: () => Promise<T>): Promise<T> => locked(place.path, task);
  const temporary = temporaryFiles({ layout, clock, ids });
  const records = recordFiles({ layout, temporary, sync });
  const files = objectFiles({ records, clock, lock });
  const writes = objectWrites({ description, layout, records, sync, lock });
  const fileCalls = concurrencyLimit(MAX_FILE_CALLS);
  const streamedPuts = concurrencyLimit(MAX_STREAMED_PUTS);

  const work = <T>(task: () => Promise<T>): Promise<T> => mapFileErrors(description, task);
  const limitedWork = <T>(task: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> =>
    fileCalls.run(() => work(task), signal);

  /** The place of a key that may be asked for; `null` where no file can have it. */
  const placeOf = async (bucket: string, key: string): Promise<ObjectPlace | null> => {
    checkBucketName(bucket);
    return keyFault(key) === null ? layout.place(bucket, key) : null;
  };

  const requireBucket = async (bucket: string): Promise<string> => {
    checkBucketName(bucket);
    if (!(await layout.hasBucket(bucket))) throw bucketMissing(bucket, description);
    return layout.bucketPath(bucket);
  };

  const headKey = async (bucket: string, key: string, signal: AbortSignal | undefined) => {
    const place = await layout.place(bucket, key);
    return files.headInFolder(place, signal);
  };

  async function* summaries({ bucket, prefix, signal }: ListObjectsParams): AsyncGenerator<ObjectSummary> {
    const bucketPath = await requireBucket(bucket);
    for await (const window of listKeys({ bucketPath, prefix, signal })) {
      const found = window.map((key) => fileCalls.run(() => headKey(bucket, key, signal), signal));
      for (const details of await Promise.all(found)) {
        if (details === null) continue;
        const { key, sizeBytes, etag, modifiedAtMs } = details;
        yield { key, sizeBytes, etag, modifiedAtMs };
      }
    }
  }

  async function* folders({ bucket, prefix, signal }: ListObjectsParams): AsyncGenerator<string> {
    checkFolderPrefix(prefix);
    const bucketPath = await requireBucket(bucket);
    const isObject = async (key: string): Promise<boolean> => (await headKey(bucket, key, signal)) !== null;
    for (const name of await listSubfolders({ bucketPath, prefix, signal })) {
      const folder = prefix + name;
      if (await holdsObject({ bucketPath, prefix: folder, signal }, isObject)) yield folder;
    }
  }

  return Object.freeze<ObjectStore>({
    description,

    async ping(signal?: AbortSignal) {
      signal?.throwIfAborted();
      await work(async () => access(await layout.root(), constants.R_OK | constants.W_OK | constants.X_OK));
    },

    async ensureBucket(bucket: string, signal?: AbortSignal) {
      checkBucketName(bucket);
      signal?.throwIfAborted();
      await work(async () => {
        const path = await layout.bucketPath(bucket);
        const stats = await unlessAbsent(lstat(path));
        if (stats === null) await makeFolder(path, sync);
        else if (!stats.isDirectory()) throw notAFolder(bucket, path);
        await temporary.removeLeftovers();
      });
    },

    async put(params: PutObjectParams) {
      const { bucket, key, signal } = params;
      checkBucketName(bucket);
      checkKey(key);
      const metadata = checkedMetadata(params.metadata);
      const contentType = checkedContentType(params.contentType);
      signal?.throwIfAborted();
      const body = await gatherBody(params, WHOLE_OBJECT_BYTES);
      const write = async () => {
        const place = await work(() => layout.place(bucket, key));
        await work(() => writes.prepare(place));
        const file = await work(() => temporary.create());
        try {
          await work(() => file.write(body.bytes));
          if (body.rest !== null) for await (const chunk of body.rest) await work(() => file.write(chunk));
          signal?.throwIfAborted();
          const { path, stamp, md5 } = await work(() => file.finish());
          return await work(() => writes.commit(place, { path, stamp, etag: md5, contentType, metadata }));
        } catch (error) {
          // What cannot be removed now goes with the leftovers; the first error is the one to tell.
          await file.discard().catch(() => undefined);
          throw error;
        }
      };
      try {
        return await (body.rest === null ? fileCalls : streamedPuts).run(write, signal);
      } finally {
        await body.rest?.return();
      }
    },

    async get({ bucket, key, signal }: ObjectRef) {
      const read = async () => {
        const place = await placeOf(bucket, key);
        const opened = place === null ? null : await files.open(place, signal);
        if (opened === null) throw objectMissing(bucket, key, description);
        return { details: opened.details, body: await objectBody(opened, signal) };
      };
      return limitedWork(read, signal);
    },

    async head({ bucket, key, signal }: ObjectRef) {
      const look = async () => {
        const place = await placeOf(bucket, key);
        return place === null ? null : files.head(place, signal);
      };
      return limitedWork(look, signal);
    },

    list: (params: ListObjectsParams) => mappedListing(description, summaries(params)),
    listFolders: (params: ListObjectsParams) => mappedListing(description, folders(params)),

    async remove({ bucket, keys, signal }: RemoveObjectsParams) {
      await work(() => requireBucket(bucket));
      const held = keys.filter((key) => keyFault(key) === null);
      for (let start = 0; start < held.length; start += LISTING_WINDOW_KEYS) {
        const places = await Promise.all(
          held.slice(start, start + LISTING_WINDOW_KEYS).map((key) => layout.place(bucket, key)),
        );
        const removals = places.map((place) => limitedWork(() => writes.remove(place), signal));
        const touched = (await Promise.all(removals)).filter((folder) => folder !== null);
        await work(() => Promise.all([...new Set(touched)].map(sync)));
        await Promise.all(places.map((place) => limitedWork(() => writes.forget(place), signal)));
      }
      signal?.throwIfAborted();
    },

    async copy(params: CopyObjectParams) {
      const { bucket, from, to, signal } = params;
      checkKey(to);
      const replaced = {
        contentType: params.contentType === undefined ? undefined : checkedContentType(params.contentType),
        metadata: params.metadata === undefined ? undefined : checkedMetadata(params.metadata),
      };
      await limitedWork(async () => {
        const source = await placeOf(bucket, from);
        const target = await layout.place(bucket, to);
        const isCopied =
          source !== null && (await copyObject({ source, target, files, writes, temporary, signal, ...replaced }));
        if (!isCopied) throw objectMissing(bucket, from, description);
      }, signal);
    },

    async watch({ bucket, prefix, onChange }: WatchObjectsParams) {
      checkBucketName(bucket);
      const { folder, nameStart } = splitPrefix(prefix);
      if (!isFolderPrefix(folder)) return { [Symbol.dispose]: () => undefined };
      const rootPath = await work(() => layout.root());
      const folderPath = `${rootPath}/${bucket}/${folder}`.slice(0, -1);
      return watchFolder({ rootPath, folderPath, nameStart, clock, onChange });
    },
  });
}

function notAFolder(bucket: string, path: string): EngineError {
  return new EngineError("conflict", `${path} is a file or a link; the bucket ${bucket} needs a folder there`, {
    details: { bucket, path },
  });
}

async function* mappedListing<T>(store: string, source: AsyncGenerator<T>): AsyncGenerator<T, void, undefined> {
  try {
    for (;;) {
      const step = await mapFileErrors(store, () => source.next());
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    await source.return(undefined);
  }
}
