import { EngineError } from "../../core/errors.ts";
import { gatherMore } from "../object-store/body-chunks.ts";
import type { GatheredBody } from "../object-store/body-chunks.ts";

/** S3 takes no smaller parts than 5 MiB, but for the last, and no more than 10,000 of them: 78 GiB in all. */
export const PART_BYTES = 8 * 1024 * 1024;
const MAX_PARTS = 10_000;

interface UploadedPart {
  readonly part: number;
  readonly etag: string;
}

/** The four requests of a multipart upload, each with its errors in the engine's words. */
export interface MultipartRequests {
  begin(): Promise<string>;
  send(uploadId: string, part: number, bytes: Buffer): Promise<UploadedPart>;
  complete(uploadId: string, parts: UploadedPart[]): Promise<UploadedObject>;
  /** Gives the parts up. */
  abandon(uploadId: string): Promise<void>;
}

export interface UploadedObject {
  readonly etag: string;
  readonly modifiedAtMs: number;
}

/** Reads on until a part is full. */
export async function gatherPart({ bytes, rest }: GatheredBody): Promise<GatheredBody> {
  if (rest === null || bytes.byteLength >= PART_BYTES) return { bytes, rest };
  const more = await gatherMore(rest, PART_BYTES - bytes.byteLength);
  return { bytes: Buffer.concat([bytes, more.bytes]), rest: more.rest };
}

/**
 * Sends a body in parts, one after the other. What fails leaves nothing behind: until the last request there is no
 * object, and the parts are given up. (The client's own streaming takes up whatever unfinished upload of the key it
 * finds, another writer's too, and holds parts of 500 MB.)
 */
export async function uploadInParts(
  requests: MultipartRequests,
  first: GatheredBody,
): Promise<UploadedObject & { readonly sizeBytes: number }> {
  const uploadId = await requests.begin();
  try {
    const parts: UploadedPart[] = [];
    let sizeBytes = 0;
    let body: GatheredBody | null = first;
    while (body !== null) {
      if (parts.length === MAX_PARTS) throw tooLarge();
      parts.push(await requests.send(uploadId, parts.length + 1, asBuffer(body.bytes)));
      sizeBytes += body.bytes.byteLength;
      const next: GatheredBody = await gatherPart({ bytes: Buffer.alloc(0), rest: body.rest });
      body = next.bytes.byteLength === 0 ? null : next;
    }
    return { ...(await requests.complete(uploadId, parts)), sizeBytes };
  } catch (error) {
    // A store that does not answer now drops unfinished uploads by its own rules; the first error is the one to tell.
    await requests.abandon(uploadId).catch(() => undefined);
    throw error;
  }
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function tooLarge(): EngineError {
  const limitBytes = PART_BYTES * MAX_PARTS;
  return new EngineError("too_large", `the body has more than ${limitBytes} bytes, more than can be put in parts`, {
    details: { limitBytes },
  });
}
