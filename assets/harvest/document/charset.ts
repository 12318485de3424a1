import { isAscii, isUtf8 } from "node:buffer";

import sniffHtmlEncoding from "html-encoding-sniffer";

export interface DecodedText {
  readonly text: string;
  /** The WHATWG name of the encoding that was used. */
  readonly encoding: string;
  /** Some bytes do not belong to that encoding; U+FFFD stands for them. */
  readonly damaged: boolean;
}

export interface DecodeParams {
  readonly contentType: string | null;
  /** Whether a `<meta>` may name the encoding: true for HTML, false for JSON. */
  readonly html: boolean;
}

/**
 * Bytes to text: byte order mark, then the charset of Content-Type, then `<meta>`. Two rules come on top:
 * - bytes that are UTF-8 beyond ASCII are read as UTF-8 whatever is declared: by chance that does not happen, and the
 *   tool whose place this takes reads every page so;
 * - bytes that are not UTF-8, with nothing declared, are windows-1252.
 */
export function decodeText(bytes: Uint8Array, { contentType, html }: DecodeParams): DecodedText {
  const utf8 = isUtf8(bytes);
  const declared = sniffHtmlEncoding(bytes, {
    xml: !html,
    transportLayerEncodingLabel: charsetOf(contentType),
    defaultEncoding: utf8 ? "UTF-8" : "windows-1252",
  });
  const encoding = utf8 && !isAscii(bytes) && !declared.startsWith("UTF-16") ? "UTF-8" : declared;
  try {
    const text = new TextDecoder(encoding).decode(bytes);
    return { text, encoding, damaged: encoding === "UTF-8" ? !utf8 : false };
  } catch {
    // "replacement" and "x-user-defined" are names of the standard that no page means.
    return { text: new TextDecoder("UTF-8").decode(bytes), encoding: "UTF-8", damaged: !utf8 };
  }
}

/** The charset parameter of a Content-Type header, as it was written. */
export function charsetOf(contentType: string | null): string | undefined {
  return /;\s*charset\s*=\s*["']?\s*([^"';\s]+)/i.exec(contentType ?? "")?.[1];
}
