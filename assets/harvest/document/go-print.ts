import { compareUtf8 } from "./go-json.ts";

/**
 * A JSON value as Go's `fmt.Sprint` prints it: what gleaner hashes for an id. Lists are `[a b]`, objects `map[k:v …]`
 * with sorted keys, null is `<nil>`. Whole numbers print plainly, as gleaner's JSON reader keeps them as integers (those
 * that a double cannot hold lose their last digits here); `5.0` cannot be told from `5`, and Go prints both `5`.
 */
export function goPrint(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value === "number") return goNumber(value);
  if (Array.isArray(value)) return goPrintList(value.map(goPrint));
  if (typeof value === "object") {
    const members = Object.entries(value).toSorted(([left], [right]) => compareUtf8(left, right));
    return `map[${members.map(([key, member]) => `${key}:${goPrint(member)}`).join(" ")}]`;
  }
  return typeof value === "boolean" ? String(value) : "<nil>";
}

/** Printed values as one list: `[a b]`. */
export function goPrintList(printed: readonly string[]): string {
  return `[${printed.join(" ")}]`;
}

/** `%g` with the fewest digits: an exponent of two digits at least, below 1e-4 and from 1e6 on (1e+06). */
function goNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < MAX_PLAIN_INTEGER) return BigInt(value).toString();
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < MIN_LARGE_EXPONENT) return String(value);
  const digits = String(Math.abs(exponent)).padStart(2, "0");
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${digits}`;
}

const MIN_LARGE_EXPONENT = 6;
/** Greater ones are hardly written out in JSON, but with an exponent: no integers to Go. */
const MAX_PLAIN_INTEGER = 1e21;
