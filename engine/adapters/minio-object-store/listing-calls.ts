import { text } from "node:stream/consumers";
import type { ListObjectsParams, ObjectStore } from "../../core/ports/object-store.ts";
import { checkBucketName, checkFolderPrefix } from "../object-store/object-rules.ts";
import { pageQuery, parsePage } from "./listing-page.ts";
import type { ListingPage, PageParams } from "./listing-page.ts";
import { isRefusedKey } from "./s3-errors.ts";
import type { Tools } from "./tools.ts";

const EMPTY_PAGE: ListingPage = { objects: [], folders: [], nextToken: null };

export function listingCalls({ client, call }: Tools): Pick<ObjectStore, "list" | "listFolders"> {
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
