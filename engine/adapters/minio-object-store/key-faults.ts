import { generalKeyFault } from "../object-store/object-rules.ts";

/** Characters that XML 1.0 cannot hold (https://www.w3.org/TR/xml/#charsets), and S3's removals are XML. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** Why a key is not sent to any S3, or `null`. A store may refuse more: see `isRefusedKey` in `s3-errors.ts`. */
export function s3KeyFault(key: string): string | null {
  const general = generalKeyFault(key);
  if (general !== null) return general;
  if (NOT_XML.test(key)) return "it holds a control character that XML cannot";
  const hasDots = key.split("/").some((segment) => segment === "." || segment === "..");
  return hasDots ? 'a segment is "." or "..", which clients and servers on the way take for a folder' : null;
}
