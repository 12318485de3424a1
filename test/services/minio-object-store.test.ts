import { after, before } from "node:test";
import { minioObjectStore } from "../../engine/adapters/minio-object-store.ts";
import { objectStoreContract } from "../contracts/object-store.ts";
import { startMinio } from "./minio.ts";
import type { MinioService } from "./minio.ts";

let minio: MinioService | null = null;
let buckets = 0;

before(async () => {
  minio = await startMinio();
});
after(() => minio?.[Symbol.asyncDispose]());

objectStoreContract({
  async open() {
    if (minio === null) throw new Error("the server has not been started");
    const store = minioObjectStore({ ...minio, useSsl: false });
    const bucket = `bucket-${buckets++}`;
    await store.ensureBucket(bucket);
    return { store, bucket, [Symbol.asyncDispose]: async () => undefined };
  },
  refusedKeys: [
    ".",
    "..",
    "../x",
    "a/../../x",
    "a/./b",
    "a//b",
    "nul\0",
    "bell\u0007",
    "n".repeat(256),
    `${"é".repeat(128)}/x`,
  ],
});
