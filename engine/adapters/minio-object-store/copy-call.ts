import { CopyDestinationOptions, CopySourceOptions } from "minio";
import { EngineError } from "../../core/errors.ts";
import type { CopyObjectParams, ObjectStore } from "../../core/ports/object-store.ts";
import {
  checkBucketName,
  checkedContentType,
  checkedMetadata,
  keyRefused,
  objectMissing,
} from "../object-store/object-rules.ts";
import { headersOfDetails } from "./details.ts";
import { headObject } from "./head-object.ts";
import { s3KeyFault } from "./key-faults.ts";
import { escaped } from "./listing-page.ts";
import { isMissing, isRefusedKey, s3Code } from "./s3-errors.ts";
import type { Tools } from "./tools.ts";

/** How often a copy that also reads the source's details begins again because the source was replaced meanwhile. */
const MAX_COPY_ATTEMPTS = 5;

export function copyCall({ client, store, call }: Tools): ObjectStore["copy"] {
  return async (params: CopyObjectParams) => {
    const { bucket, from, to, signal } = params;
    checkBucketName(bucket);
    const fault = s3KeyFault(to);
    if (fault !== null) throw keyRefused(to, fault);
    const contentType = params.contentType === undefined ? undefined : checkedContentType(params.contentType);
    const metadata = params.metadata === undefined ? undefined : checkedMetadata(params.metadata);
    const isPlain = contentType === undefined && metadata === undefined;

    const attemptCopy = async (): Promise<"copied" | "replaced meanwhile"> => {
      const needsSource = from === to || (!isPlain && (contentType === undefined || metadata === undefined));
      const source = needsSource ? await headObject(client, bucket, from) : undefined;
      if (source === null || s3KeyFault(from) !== null) throw objectMissing(bucket, from, store);
      if (isPlain && from === to) return "copied";
      const headers = isPlain
        ? {}
        : headersOfDetails({
            contentType: contentType ?? source?.contentType ?? "",
            metadata: metadata ?? source?.metadata ?? {},
          });
      const target = {
        Bucket: bucket,
        Object: to,
        Headers: headers,
        MetadataDirective: isPlain ? ("COPY" as const) : ("REPLACE" as const),
      };
      try {
        const origin = new CopySource({ Bucket: bucket, Object: from, MatchETag: source?.etag ?? "" });
        await client.copyObject(origin, new CopyDestinationOptions(target));
        return "copied";
      } catch (error) {
        if (s3Code(error) === "PreconditionFailed") return "replaced meanwhile";
        // The store does not say which of the two keys it means.
        const isSourceMissing = isMissing(error) || (isRefusedKey(error) && !(await headObject(client, bucket, from)));
        throw isSourceMissing ? objectMissing(bucket, from, store) : error;
      }
    };

    for (let attempt = 1; attempt <= MAX_COPY_ATTEMPTS; attempt++) {
      if ((await call({ bucket, key: to, signal }, attemptCopy)) === "copied") return;
    }
    const message = `${from} in ${store} was replaced again and again while it was copied`;
    throw new EngineError("store_unavailable", message, { retryable: true, details: { bucket, from, to } });
  };
}

/** The client's own leaves `#`, `?` and `+` in the source's key as they are, which S3 reads as parts of a URL. */
class CopySource extends CopySourceOptions {
  override getHeaders(): ReturnType<CopySourceOptions["getHeaders"]> {
    const path = [this.Bucket, ...this.Object.split("/")].map(escaped).join("/");
    return { ...super.getHeaders(), "x-amz-copy-source": path };
  }
}
