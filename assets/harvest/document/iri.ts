import { isIPv6 } from "node:net";

import { parseGoUrl } from "./go-url.ts";

/** `ucschar` of RFC 3987, for a character class. */
const UCS = [
  "\\u00A0-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFEF",
  // Planes 1 to 13 but for their last two code points, and 14 from its second half on.
  ...Array.from({ length: 13 }, (_, index) => {
    const plane = (index + 1).toString(16);
    return `\\u{${plane}0000}-\\u{${plane}FFFD}`;
  }),
  "\\u{E1000}-\\u{EFFFD}",
].join("");
/** Unreserved and sub-delims, `:`, `@` and whole percent escapes. */
const SEGMENT_CHARACTER = `(?:[A-Za-z0-9._~!$&'()*+,;=:@${UCS}-]|%[0-9A-Fa-f]{2})`;
const USER_INFO = `(?:${SEGMENT_CHARACTER}*@)?`;
const HOST = `(?:\\[(?<ip>[0-9A-Fa-f:.]+)\\]|(?:[A-Za-z0-9._~!$&'()*+,;=${UCS}-]|%[0-9A-Fa-f]{2})*)`;
const AUTHORITY = `//${USER_INFO}${HOST}(?::[0-9]*)?(?=[/?#]|$)`;
const IRI = new RegExp(
  `^[A-Za-z][A-Za-z0-9+.-]*:(?:${AUTHORITY}|(?!//))(?:${SEGMENT_CHARACTER}|/)*` +
    `(?:\\?(?:${SEGMENT_CHARACTER}|[/?\\uE000-\\uF8FF])*)?(?:#(?:${SEGMENT_CHARACTER}|[/?])*)?$`,
  "u",
);

/** json-gold, which gleaner and nabu convert with, drops http(s) IRIs from this length on. */
const MAX_HTTP_IRI_CHARACTERS = 2083;

/** An absolute IRI of RFC 3987 that any triplestore takes. The release holds no other. */
export const isReleasableIri = remembering((iri) => {
  if (!isAcceptedIri(iri)) return false;
  const match = IRI.exec(iri);
  const ip = match?.groups?.["ip"];
  return match !== null && (ip === undefined || isIPv6(ip));
});

/**
 * What json-gold keeps in a dataset: http(s) IRIs only where they look like a URL, any others as they are. The hashes
 * `jsonsha` are made over such a dataset.
 */
export const isAcceptedIri = remembering((iri) => {
  if (!iri.startsWith("http://") && !iri.startsWith("https://")) return true;
  if (iri.length >= MAX_HTTP_IRI_CHARACTERS || /[\t\n\f\r ]/.test(iri)) return false;
  return parseGoUrl(iri) !== null && HTTP_AUTHORITY.test(iri);
});

const HTTP_AUTHORITY =
  /^https?:\/\/(?:[^/?#\s]*@)?(?:\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9\u00a1-\uffff][A-Za-z0-9\u00a1-\uffff_.-]*)(?::\d{1,5})?(?:[/?#]|$)/;

/** An absolute IRI or a blank node to json-gold; all else is relative and gives no statement. */
export const isAbsoluteIri = remembering((iri) => iri.startsWith("_:") || (parseGoUrl(iri)?.scheme ?? "") !== "");

/** Language, extensions of it, script, region, variants, extensions, private use: well-formed by BCP 47. */
const LANGUAGE_TAG = new RegExp(
  "^(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?" +
    "(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?" +
    "|x(?:-[a-z0-9]{1,8})+)$",
  "i",
);

/** A language tag that any triplestore takes; a statement with another is dropped, as json-gold does with odd ones. */
export function isLanguageTag(tag: string): boolean {
  return LANGUAGE_TAG.test(tag);
}

/** The same properties and types come in every document: what was judged once is looked up, this many at most. */
const MAX_REMEMBERED_IRIS = 1_000;

function remembering(judge: (iri: string) => boolean): (iri: string) => boolean {
  const verdicts = new Map<string, boolean>();
  return (iri) => {
    const known = verdicts.get(iri);
    if (known !== undefined) return known;
    if (verdicts.size >= MAX_REMEMBERED_IRIS) verdicts.clear();
    const verdict = judge(iri);
    verdicts.set(iri, verdict);
    return verdict;
  };
}
