import type { ListObjectsParams, ObjectDetails, ObjectStore, ObjectSummary } from "../../core/ports/object-store.ts";
import { checkFolderPrefix } from "../object-store/object-rules.ts";
import { mapFileErrors } from "./file-errors.ts";
import { holdsObject, listKeys, listSubfolders } from "./key-listing.ts";
import type { Tools } from "./tools.ts";

export function listingCalls(tools: Tools): Pick<ObjectStore, "list" | "listFolders"> {
  const { description, layout, files, fileCalls, requireBucket } = tools;

  /** Of a key that a listing has met, so that its folder is known to be no link. */
  const headKey = (bucket: string, key: string, signal: AbortSignal | undefined): Promise<ObjectDetails | null> =>
    fileCalls.run(async () => files.headInFolder(await layout.place(bucket, key), signal), signal);

  async function* summaries({ bucket, prefix, signal }: ListObjectsParams): AsyncGenerator<ObjectSummary> {
    const bucketPath = await requireBucket(bucket);
    for await (const window of listKeys({ bucketPath, prefix, signal })) {
      for (const details of await Promise.all(window.map((key) => headKey(bucket, key, signal)))) {
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

  return {
    list: (params: ListObjectsParams) => mapped(description, summaries(params)),
    listFolders: (params: ListObjectsParams) => mapped(description, folders(params)),
  };
}

/** The same listing, with its errors in the engine's words. */
async function* mapped<T>(store: string, source: AsyncGenerator<T>): AsyncGenerator<T, void, undefined> {
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
