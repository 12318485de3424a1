import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { createSitemapTextReader } from "./sitemap-text.ts";
import { createSitemapXmlReader, type SitemapItem } from "./sitemap-xml.ts";

/** The protocol allows 50 MiB unpacked (sitemaps.org); some sites go over. */
export const MAX_SITEMAP_BYTES = 128 * 1024 * 1024;

/** Parsed between two chances for others to use the thread: about a millisecond. */
const PIECE_BYTES = 64 * 1024;

export interface SitemapDocument {
  readonly body: Uint8Array;
  readonly contentType: string | null;
  /** Called after every piece: lets the thread do other things. */
  readonly breathe: () => Promise<void>;
  readonly maxBytes?: number | undefined;
}

/**
 * The items of one sitemap file: XML or text, as it is or gzipped (told by its first bytes, whatever its name), in
 * the encoding that its byte order mark, its XML declaration or its Content-Type names, else UTF-8.
 */
export async function* readSitemapDocument(document: SitemapDocument): AsyncGenerator<SitemapItem, void, void> {
  const { body, contentType, maxBytes = MAX_SITEMAP_BYTES } = document;
  let size = 0;
  let reading: Reading | null = null;
  try {
    for await (const bytes of isGzip(body) ? gunzipped(body) : pieces(body)) {
      size += bytes.byteLength;
      if (size > maxBytes) return yield fault("too_large", `over ${maxBytes} bytes unpacked`);
      reading ??= startReading(bytes, contentType);
      if (reading === null) return yield fault("charset", "in an encoding that is not known");
      for (const item of reading.write(bytes)) {
        yield item;
        if (item.kind === "fault") return;
      }
      await document.breathe();
    }
  } catch (error) {
    if (!isGzipError(error)) throw error;
    return yield fault("bad_gzip", `broken gzip (${error.code})`);
  }
  if (reading === null) return yield fault("not_xml", "an empty document");
  yield* reading.end();
}

function fault(reason: Extract<SitemapItem, { kind: "fault" }>["reason"], message: string): SitemapItem {
  return { kind: "fault", reason, message };
}

interface Reading {
  write(bytes: Uint8Array): readonly SitemapItem[];
  end(): readonly SitemapItem[];
}

/** Decides on encoding and form by the first piece; null where the encoding has no decoder. */
function startReading(first: Uint8Array, contentType: string | null): Reading | null {
  const charset = charsetOf(first, contentType);
  if (!isKnownCharset(charset)) return null;
  const text = new TextDecoder(charset);
  const start = new TextDecoder(charset).decode(first.subarray(0, 4_096)).trimStart();
  const reader = start.startsWith("<") ? createSitemapXmlReader(isHtml(start)) : createSitemapTextReader();
  // Blanks before the XML declaration would make the document malformed; they are common and harmless.
  let isStart = true;
  const trimmed = (piece: string): string => {
    const rest = isStart ? piece.trimStart() : piece;
    isStart = isStart && rest === "";
    return rest;
  };
  return {
    write: (bytes) => reader.write(trimmed(text.decode(bytes, { stream: true }))),
    end: () => [...reader.write(trimmed(text.decode())), ...reader.end()],
  };
}

/** XML knows no `<!doctype html>` in small letters, so a parser would only call it malformed. */
function isHtml(start: string): boolean {
  return /^<(!doctype\s+html|html)\b/i.test(start);
}

function isKnownCharset(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== "";
  } catch {
    return false;
  }
}

function charsetOf(first: Uint8Array, contentType: string | null): string {
  const [a, b, c] = first;
  if (a === 0xef && b === 0xbb && c === 0xbf) return "utf-8";
  if ((a === 0xff && b === 0xfe) || (a === 0x3c && b === 0)) return "utf-16le";
  if ((a === 0xfe && b === 0xff) || (a === 0 && b === 0x3c)) return "utf-16be";
  const declaration = Buffer.from(first.subarray(0, 256)).toString("latin1");
  const declared = /^\s*<\?xml[^>]*\bencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']/.exec(declaration)?.[1];
  return declared ?? /\bcharset\s*=\s*"?([A-Za-z0-9._:-]+)/i.exec(contentType ?? "")?.[1] ?? "utf-8";
}

function isGzip(body: Uint8Array): boolean {
  return body[0] === 0x1f && body[1] === 0x8b;
}

function* pieces(body: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < body.byteLength; at += PIECE_BYTES) yield body.subarray(at, at + PIECE_BYTES);
}

/** Unpacked as it is read, never as a whole. */
function gunzipped(body: Uint8Array): AsyncIterable<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
  // The error also reaches whoever iterates.
  return pipeline(Readable.from(pieces(body)), gunzip, () => undefined) as AsyncIterable<Uint8Array>;
}

function isGzipError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("Z_");
}
