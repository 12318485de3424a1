import type { Client } from "minio";
import type { ObjectDetails } from "../../core/ports/object-store.ts";
import { detailsOfHeaders } from "./details.ts";
import { s3KeyFault } from "./key-faults.ts";
import { isMissing, isRefusedKey } from "./s3-errors.ts";

/** What the store knows of an object, `null` where there is none. */
export async function headObject(client: Client, bucket: string, key: string): Promise<ObjectDetails | null> {
  if (s3KeyFault(key) !== null) return null;
  try {
    // `statObject` puts user metadata and headers into one record, where those of one name overwrite each other.
    const answer = await client.makeRequestAsyncOmit({ method: "HEAD", bucketName: bucket, objectName: key });
    return detailsOfHeaders(key, answer.headers);
  } catch (error) {
    if (isMissing(error) || isRefusedKey(error)) return null;
    throw error;
  }
}
