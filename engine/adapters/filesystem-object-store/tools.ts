import { resolve } from "node:path";
import type { Clock, IdSource } from "../../core/ports/time.ts";
import { concurrencyLimit } from "../concurrency-limit.ts";
import type { ConcurrencyLimit } from "../concurrency-limit.ts";
import { keyedLock } from "../keyed-lock.ts";
import { bucketMissing, checkBucketName } from "../object-store/object-rules.ts";
import { folderSync } from "./durable-files.ts";
import type { SyncFolder } from "./durable-files.ts";
import { mapFileErrors } from "./file-errors.ts";
import { keyFault } from "./key-paths.ts";
import { storeLayout } from "./layout.ts";
import type { Layout, ObjectPlace } from "./layout.ts";
import { objectFiles } from "./object-files.ts";
import type { ObjectFiles } from "./object-files.ts";
import { recordFiles } from "./object-records.ts";
import { objectWrites } from "./object-writes.ts";
import type { ObjectWrites } from "./object-writes.ts";
import { temporaryFiles } from "./temporary-files.ts";
import type { TemporaryFiles } from "./temporary-files.ts";

export interface FilesystemObjectStoreParams {
  /** Holds a folder for each bucket; made where it is missing. One engine at a time writes to it. */
  readonly directory: string;
  readonly clock: Clock;
  readonly ids: IdSource;
}

/** Calls that are at work on files at the same time, each with two or three of them open. */
const MAX_FILE_CALLS = 32;

/** What all calls of a store share. */
export interface Tools {
  readonly description: string;
  readonly layout: Layout;
  readonly sync: SyncFolder;
  readonly temporary: TemporaryFiles;
  readonly files: ObjectFiles;
  readonly writes: ObjectWrites;
  readonly fileCalls: ConcurrencyLimit;
  /** Runs work on files, with its errors in the engine's words. */
  readonly work: <T>(task: () => Promise<T>) => Promise<T>;
  /** The same in its turn: hundreds of calls must not run out of file descriptors. */
  readonly limitedWork: <T>(task: () => Promise<T>, signal: AbortSignal | undefined) => Promise<T>;
  /** The place of a key that may be asked for; `null` where no file can have it. */
  readonly placeOf: (bucket: string, key: string) => Promise<ObjectPlace | null>;
  /** The path of a bucket that is there. Throws `not_found`. */
  readonly requireBucket: (bucket: string) => Promise<string>;
}

export function storeTools({ directory, clock, ids }: FilesystemObjectStoreParams): Tools {
  const description = `folder ${resolve(directory)}`;
  const layout = storeLayout(directory);
  const sync = folderSync();
  const locked = keyedLock();
  const lock = <T>(place: ObjectPlace, task: () => Promise<T>): Promise<T> => locked(place.path, task);
  const temporary = temporaryFiles({ layout, clock, ids });
  const records = recordFiles({ layout, temporary, sync });
  const fileCalls = concurrencyLimit(MAX_FILE_CALLS);
  const work: Tools["work"] = (task) => mapFileErrors(description, task);

  return Object.freeze({
    description,
    layout,
    sync,
    temporary,
    files: objectFiles({ layout, records, clock, lock }),
    writes: objectWrites({ description, layout, records, sync, lock }),
    fileCalls,
    work,
    limitedWork: <T>(task: () => Promise<T>, signal: AbortSignal | undefined) =>
      fileCalls.run(() => work(task), signal),
    placeOf: async (bucket: string, key: string) => {
      checkBucketName(bucket);
      return keyFault(key) === null ? layout.place(bucket, key) : null;
    },
    requireBucket: async (bucket: string) => {
      checkBucketName(bucket);
      if (!(await layout.hasBucket(bucket))) throw bucketMissing(bucket, description);
      return layout.bucketPath(bucket);
    },
  });
}
