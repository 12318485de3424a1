import { constants } from "node:fs";
import { access, lstat } from "node:fs/promises";
import { EngineError } from "../core/errors.ts";
import type { CopyObjectParams, ObjectRef, ObjectStore, RemoveObjectsParams } from "../core/ports/object-store.ts";
import { makeFolder } from "./filesystem-object-store/durable-files.ts";
import { unlessAbsent } from "./filesystem-object-store/file-errors.ts";
import { watchFolder } from "./filesystem-object-store/folder-watch.ts";
import { checkKey, isFolderPrefix, keyFault, splitPrefix } from "./filesystem-object-store/key-paths.ts";
import { listingCalls } from "./filesystem-object-store/listing-calls.ts";
import { objectBody } from "./filesystem-object-store/object-body.ts";
import { copyObject } from "./filesystem-object-store/object-copy.ts";
import { putCall } from "./filesystem-object-store/put-call.ts";
import { storeTools } from "./filesystem-object-store/tools.ts";
import type { FilesystemObjectStoreParams, Tools } from "./filesystem-object-store/tools.ts";
import { checkBucketName, checkedContentType, checkedMetadata, objectMissing } from "./object-store/object-rules.ts";

export type { FilesystemObjectStoreParams } from "./filesystem-object-store/tools.ts";

/** Objects that are removed between two syncs of the folders they were in. */
const REMOVAL_WINDOW_KEYS = 64;

/**
 * An object store in a folder: one plain file an object, at `<directory>/<bucket>/<key>`. What a file cannot hold
 * (content type, user metadata, ETag) is in `<directory>/.sheaf-store/`; see `object-records.ts` for how both stay
 * one through a crash. A file dropped in or edited by hand is an object, with its MD5 as ETag and no user metadata.
 *
 * Differences from S3: keys that no file can have are refused (`key-paths.ts`), and names that editors use for a
 * while are no objects unless they were put. Symbolic links are neither followed nor listed.
 */
export function filesystemObjectStore(params: FilesystemObjectStoreParams): ObjectStore {
  const tools = storeTools(params);
  return Object.freeze<ObjectStore>({
    description: tools.description,
    ...bucketCalls(tools),
    ...readCalls(tools),
    ...listingCalls(tools),
    put: putCall(tools),
    remove: removeCall(tools),
    copy: copyCall(tools),
    watch: watchCall(tools, params),
  });
}

function bucketCalls({ layout, sync, temporary, work }: Tools): Pick<ObjectStore, "ping" | "ensureBucket"> {
  return {
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
  };
}

function notAFolder(bucket: string, path: string): EngineError {
  return new EngineError("conflict", `${path} is a file or a link; the bucket ${bucket} needs a folder there`, {
    details: { bucket, path },
  });
}

function readCalls({ description, files, placeOf, limitedWork }: Tools): Pick<ObjectStore, "get" | "head"> {
  return {
    get: ({ bucket, key, signal }: ObjectRef) =>
      limitedWork(async () => {
        const place = await placeOf(bucket, key);
        const opened = place === null ? null : await files.open(place, signal);
        if (opened === null) throw objectMissing(bucket, key, description);
        return { details: opened.details, body: await objectBody(opened, signal) };
      }, signal),

    head: ({ bucket, key, signal }: ObjectRef) =>
      limitedWork(async () => {
        const place = await placeOf(bucket, key);
        return place === null ? null : files.head(place, signal);
      }, signal),
  };
}

function removeCall({ layout, writes, sync, work, limitedWork, requireBucket }: Tools): ObjectStore["remove"] {
  return async ({ bucket, keys, signal }: RemoveObjectsParams) => {
    signal?.throwIfAborted();
    await work(() => requireBucket(bucket));
    const held = keys.filter((key) => keyFault(key) === null);
    for (let start = 0; start < held.length; start += REMOVAL_WINDOW_KEYS) {
      const window = held.slice(start, start + REMOVAL_WINDOW_KEYS);
      const places = await Promise.all(window.map((key) => layout.place(bucket, key)));
      const removals = places.map((place) => limitedWork(() => writes.remove(place), signal));
      const touched = (await Promise.all(removals)).filter((folder) => folder !== null);
      await work(() => Promise.all([...new Set(touched)].map(sync)));
      await Promise.all(places.map((place) => limitedWork(() => writes.forget(place), signal)));
    }
  };
}

function copyCall(tools: Tools): ObjectStore["copy"] {
  const { description, layout, files, writes, temporary, limitedWork, placeOf } = tools;
  return async ({ bucket, from, to, signal, ...given }: CopyObjectParams) => {
    checkBucketName(bucket);
    checkKey(to);
    const contentType = given.contentType === undefined ? undefined : checkedContentType(given.contentType);
    const metadata = given.metadata === undefined ? undefined : checkedMetadata(given.metadata);
    await limitedWork(async () => {
      const source = await placeOf(bucket, from);
      if (source === null) throw objectMissing(bucket, from, description);
      const target = await layout.place(bucket, to);
      const replaced = { contentType, metadata };
      const isCopied = await copyObject({ source, target, files, writes, temporary, signal, ...replaced });
      if (!isCopied) throw objectMissing(bucket, from, description);
    }, signal);
  };
}

function watchCall({ layout, work }: Tools, { clock }: FilesystemObjectStoreParams): NonNullable<ObjectStore["watch"]> {
  return async ({ bucket, prefix, onChange }) => {
    checkBucketName(bucket);
    const { folder, nameStart } = splitPrefix(prefix);
    // Nothing can ever be below `a//` or `../`.
    if (!isFolderPrefix(folder)) return { [Symbol.dispose]: () => undefined };
    const rootPath = await work(() => layout.root());
    const folderPath = `${rootPath}/${bucket}/${folder}`.slice(0, -1);
    return watchFolder({ rootPath, folderPath, nameStart, clock, onChange });
  };
}
