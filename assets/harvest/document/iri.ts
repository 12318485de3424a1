import { parseGoUrl } from "./go-url.ts";

/** Unreserved and sub-delims of RFC 3987, `:`, `@` and whole percent escapes. */
const SEGMENT_CHARACTER =
  "(?:[A-Za-z0-9._~!$&'()*+,;=:@\\u00A0-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFEF-]|[\\u{10000}-\\u{EFFFD}]|%[0-9A-Fa-f]{2})";
const HOST =
  "(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._~!$&'()*+,;=\\u00A0-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFEF-]|%[0-9A-Fa-f]{2})*";
const IRI = new RegExp(
  `^[A-Za-z][A-Za-z0-9+.-]*:(?://(?:${SEGMENT_CHARACTER}*@)?${HOST}(?::[0-9]*)?(?=[/?#]|$)|(?!//))` +
    `(?:${SEGMENT_CHARACTER}|/)*(?:\\?(?:${SEGMENT_CHARACTER}|[/?\\uE000-\\uF8FF])*)?(?:#(?:${SEGMENT_CHARACTER}|[/?])*)?$`,
  "u",
);

/** json-gold, which gleaner and nabu convert with, drops http(s) IRIs from this length on. */
const MAX_HTTP_IRI_CHARACTERS = 2083;

/** An absolute IRI of RFC 3987 that any triplestore takes. The release holds no other. */
export function isReleasableIri(iri: string): boolean {
  return isAcceptedIri(iri) && IRI.test(iri);
}

/**
 * What json-gold keeps in a dataset: http(s) IRIs only where they look like a URL, any others as they are. The hashes
 * `jsonsha` are made over such a dataset.
 */
export function isAcceptedIri(iri: string): boolean {
  if (!iri.startsWith("http://") && !iri.startsWith("https://")) return true;
  if (iri.length >= MAX_HTTP_IRI_CHARACTERS || /[\t\n\f\r ]/.test(iri)) return false;
  return parseGoUrl(iri) !== null && HTTP_AUTHORITY.test(iri);
}

const HTTP_AUTHORITY =
  /^https?:\/\/(?:[^/?#\s]*@)?(?:\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9\u00a1-\uffff][A-Za-z0-9\u00a1-\uffff_.-]*)(?::\d{1,5})?(?:[/?#]|$)/;

/** An absolute IRI or a blank node to json-gold; all else is relative and gives no statement. */
export function isAbsoluteIri(iri: string): boolean {
  return iri.startsWith("_:") || (parseGoUrl(iri)?.scheme ?? "") !== "";
}

/** A language tag that N-Quads and BCP 47 know; a statement with another is dropped, as json-gold does. */
export function isLanguageTag(tag: string): boolean {
  return /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/.test(tag);
}
