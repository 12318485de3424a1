/** A name becomes a part of object keys, file names and graph URNs; the folder store holds 255 bytes a segment. */
export const MAX_PARTITION_NAME_BYTES = 128;

/**
 * Why `name` cannot name a source or a tenant; null where it can. Names end up as a segment of object keys
 * (`summoned/<name>/…`), of graph URNs (`urn:gleaner.io:<org>:<name>:data:…`) and of file names.
 * Dots are fine, and so are letters of any script.
 */
export function partitionNameProblem(name: string): string | null {
  if (name === "") return "is empty";
  const bytes = Buffer.byteLength(name);
  if (bytes > MAX_PARTITION_NAME_BYTES) return `has ${bytes} bytes, at most ${MAX_PARTITION_NAME_BYTES} are possible`;
  if (name === "." || name === "..") return "is a folder's own name";
  if (/\p{Cc}/u.test(name)) return "holds a control character";
  if (/\s/u.test(name)) return "holds white space";
  if (/[/\\]/.test(name)) return "holds a slash";
  const other = /[:<>"{}|^`%?#*]|\p{Cf}|\p{Cs}|\uFFFD/u.exec(name);
  return other === null ? null : `holds ${JSON.stringify(other[0])}`;
}

/** A name for a message: in quotes, control characters escaped, cut at 60 characters. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
