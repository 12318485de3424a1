import type { ObjectDetails, ObjectStore, PutObjectParams } from "../../core/ports/object-store.ts";
import { concurrencyLimit } from "../concurrency-limit.ts";
import { gatherBody } from "../object-store/body-chunks.ts";
import { checkBucketName, checkedContentType, checkedMetadata } from "../object-store/object-rules.ts";
import { checkKey } from "./key-paths.ts";
import { WHOLE_OBJECT_BYTES } from "./object-body.ts";
import { HASHED_PIECE_BYTES } from "./temporary-files.ts";
import type { Tools } from "./tools.ts";

/**
 * Streamed bodies of more than 256 kB that are written at the same time, each with a file open for as long as its
 * source takes. They wait in a line of their own, so that a source that reads objects of this store is not stuck.
 */
const MAX_STREAMED_PUTS = 64;

export function putCall(tools: Tools): ObjectStore["put"] {
  const { layout, temporary, writes, fileCalls, work } = tools;
  const streamedPuts = concurrencyLimit(MAX_STREAMED_PUTS);

  return async (params: PutObjectParams) => {
    const { bucket, key, signal } = params;
    checkBucketName(bucket);
    checkKey(key);
    const metadata = checkedMetadata(params.metadata);
    const contentType = checkedContentType(params.contentType);
    signal?.throwIfAborted();
    const body = await gatherBody(params, WHOLE_OBJECT_BYTES);

    const write = async (): Promise<ObjectDetails> => {
      const place = await work(() => layout.place(bucket, key));
      await work(() => writes.prepare(place));
      const file = await work(() =>
        temporary.create(body.rest === null && body.bytes.byteLength <= HASHED_PIECE_BYTES),
      );
      try {
        await work(() => file.write(body.bytes));
        // The body's own errors pass as they are.
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
  };
}
