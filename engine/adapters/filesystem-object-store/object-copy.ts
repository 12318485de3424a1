import { lstat } from "node:fs/promises";
import type { ObjectMetadata } from "../../core/ports/object-store.ts";
import { removeFile } from "./durable-files.ts";
import { EngineError } from "../../core/errors.ts";
import { isAbsent, unlessAbsent } from "./file-errors.ts";
import { isSameStamp, stampOf } from "./file-stamp.ts";
import type { ObjectPlace } from "./layout.ts";
import type { ObjectFiles } from "./object-files.ts";
import type { ObjectWrites } from "./object-writes.ts";
import type { TemporaryFiles } from "./temporary-files.ts";

/** How often a source that is replaced while it is copied is copied anew. */
const MAX_COPY_ATTEMPTS = 5;

export interface CopyObjectFileParams {
  readonly source: ObjectPlace;
  readonly target: ObjectPlace;
  readonly files: ObjectFiles;
  readonly writes: ObjectWrites;
  readonly temporary: TemporaryFiles;
  /** Where given, in place of the source's. */
  readonly contentType: string | undefined;
  readonly metadata: ObjectMetadata | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Copies by the file system's own means; false where there is no source. */
export async function copyObject(params: CopyObjectFileParams): Promise<boolean> {
  const { source, target, files, writes, temporary, signal } = params;
  for (let attempt = 1; attempt <= MAX_COPY_ATTEMPTS; attempt++) {
    signal?.throwIfAborted();
    const opened = await files.open(source, signal);
    if (opened === null) return false;
    await opened.handle.close();
    const { contentType, metadata, etag } = opened.details;
    await writes.prepare(target);
    const made = await temporary.copyOf(source.path).catch((error: unknown) => {
      if (isAbsent(error)) return null;
      throw error;
    });
    if (made === null) continue;
    try {
      const now = await unlessAbsent(lstat(source.path, { bigint: true }));
      if (now !== null && isSameStamp(stampOf(now), opened.stamp)) {
        await writes.commit(target, {
          ...made,
          etag,
          contentType: params.contentType ?? contentType,
          metadata: params.metadata ?? metadata,
        });
        return true;
      }
    } finally {
      await removeFile(made.path);
    }
  }
  throw new EngineError("store_unavailable", `${source.path} was replaced again and again while it was copied`, {
    retryable: true,
    details: { from: source.key, to: target.key },
  });
}
