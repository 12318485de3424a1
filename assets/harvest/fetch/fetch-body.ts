import { once } from "node:events";
import type { Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";
import { failure, type RawFailure } from "./fetch-outcome.ts";

/** More layers of Content-Encoding than this are an attack, not a server. */
const MAX_CONTENT_ENCODINGS = 2;

export interface ReadBodyParams {
  readonly url: string;
  readonly body: Readable;
  /** The Content-Encoding header. */
  readonly encoding: string | null;
  /** The Content-Length header; null where absent. */
  readonly lengthBytes: number | null;
  /** Bound on the packed and on the unpacked bytes. */
  readonly maxBytes: number;
  /** Stop at `maxBytes` and keep what came, instead of failing. */
  readonly truncate: boolean;
}

export type BodyOutcome = { readonly ok: true; readonly bytes: Uint8Array; readonly truncated: boolean } | RawFailure;

/**
 * Reads an answer to its end with its Content-Encoding undone, never holding more than `maxBytes`: a few kilobytes of
 * gzip can unpack to gigabytes. Throws what the connection throws.
 */
export async function readBody(params: ReadBodyParams): Promise<BodyOutcome> {
  const { url, body, maxBytes, truncate } = params;
  const encodings = parseEncodings(params.encoding);
  if (encodings === null) {
    discard(body);
    return failure("bad_encoding", `${url}: Content-Encoding ${JSON.stringify(params.encoding)} is not understood.`);
  }
  if (!truncate && params.lengthBytes !== null && params.lengthBytes > maxBytes) {
    discard(body);
    return tooLarge(url, maxBytes);
  }
  const sink = boundedSink(maxBytes);
  try {
    await unpack(body, encodings, sink.fill);
  } catch (error) {
    if (sink.full()) return truncate ? { ok: true, bytes: sink.bytes(), truncated: true } : tooLarge(url, maxBytes);
    if (!isPackingError(error)) throw error;
    return failure("bad_encoding", `${url}: the packed answer is broken (${error.code}).`, { retryable: true });
  }
  if (!sink.full()) return { ok: true, bytes: sink.bytes(), truncated: false };
  return truncate ? { ok: true, bytes: sink.bytes(), truncated: true } : tooLarge(url, maxBytes);
}

/** Ends a body that nobody will read; its connection goes with it. */
export function discard(body: Readable): void {
  // Destroying a body under way makes it emit an error that nobody waits for.
  body.on("error", () => undefined);
  body.destroy();
}

function tooLarge(url: string, maxBytes: number): RawFailure {
  return failure("too_large", `${url}: the answer is over the limit of ${maxBytes} bytes.`);
}

/** In the order in which they were applied; null where one of them is unknown. */
function parseEncodings(header: string | null): readonly string[] | null {
  const names = (header ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity");
  const known = names.every((name) => ["gzip", "x-gzip", "deflate", "br"].includes(name));
  return known && names.length <= MAX_CONTENT_ENCODINGS ? names : null;
}

type Fill = (chunks: AsyncIterable<Buffer>) => Promise<void>;

async function unpack(body: Readable, encodings: readonly string[], fill: Fill): Promise<void> {
  if (encodings.length === 0) return fill(body as AsyncIterable<Buffer>);
  const first = await firstByte(body);
  if (first === null) return;
  const [outer, inner] = encodings.toReversed().map((name, layer) => decoderOf(name, layer === 0 ? first : null));
  if (outer === undefined) return;
  await (inner === undefined ? pipeline(body, outer, fill) : pipeline(body, outer, inner, fill));
}

/** "deflate" means zlib (RFC 9110 §8.4.1.2), but some servers send it raw; the first byte tells which. */
function decoderOf(name: string, first: number | null): Duplex {
  if (name === "br") return createBrotliDecompress();
  if (name === "deflate") return first === null || (first & 0x0f) === 8 ? createInflate() : createInflateRaw();
  return createGunzip();
}

/** Looks at the first byte and leaves it there; null where the body is empty, which every encoding allows. */
async function firstByte(body: Readable): Promise<number | null> {
  for (;;) {
    const chunk = body.read() as Buffer | null;
    if (chunk !== null && chunk.byteLength > 0) {
      body.unshift(chunk);
      return chunk[0] ?? null;
    }
    if (body.readableEnded || body.destroyed) return null;
    await Promise.race([once(body, "readable"), once(body, "end")]);
  }
}

/** Keeps at most `maxBytes`; stops reading at the first byte more. */
function boundedSink(maxBytes: number) {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    fill: async (source: AsyncIterable<Buffer>): Promise<void> => {
      for await (const chunk of source) {
        size += chunk.byteLength;
        chunks.push(size > maxBytes ? chunk.subarray(0, chunk.byteLength - (size - maxBytes)) : chunk);
        if (size > maxBytes) return;
      }
    },
    full: () => size > maxBytes,
    bytes: () => Buffer.concat(chunks),
  };
}

function isPackingError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string" && /^(Z_|ERR__)/.test(error.code);
}
