/** Where a source's objects stand in the bucket, and what its graphs are called. One place, used by whoever reads. */

const RELEASE_SUFFIX = "_release.nq";

/**
 * The name of a source as one segment of a key. Names are kept as they are, dots and spaces included; only what would
 * leave the segment or cannot be told apart is percent-encoded: `/`, `%`, control characters, `.` and `..`.
 */
export function sourceSegment(source: string): string {
  if (source === "." || source === "..") return source.replaceAll(".", "%2E");
  // oxlint-disable-next-line no-control-regex -- control characters are what is encoded
  return source.toWellFormed().replace(/[%/\\\u0000-\u001f\u007f]/g, encodeURIComponent);
}

/** Ends in `/`, so that the source `iris` never takes what belongs to `iris2`. */
export function summonedPrefix(source: string): string {
  return `summoned/${sourceSegment(source)}/`;
}

export function summonedKey(source: string, id: string): string {
  return `${summonedPrefix(source)}${id}.jsonld`;
}

/** The id in a key below `summonedPrefix`, without its last extension; null where the key is none. */
export function summonedId(source: string, key: string): string | null {
  const prefix = summonedPrefix(source);
  if (!key.startsWith(prefix)) return null;
  const name = key.slice(prefix.length);
  const id = name.replace(/\.[^./]*$/, "");
  return id === "" ? null : id;
}

export function provKey(source: string, sha1: string): string {
  return `prov/${sourceSegment(source)}/${sha1}.jsonld`;
}

export function organizationKey(source: string): string {
  return `orgs/${sourceSegment(source)}.nq`;
}

export function releaseKey(source: string): string {
  return `graphs/latest/${sourceSegment(source)}${RELEASE_SUFFIX}`;
}

/** Where an object is built before it takes its place; nabu keeps its own half-done files there. */
export function scratchKey(key: string): string {
  return `scratch/${key.slice(key.lastIndexOf("/") + 1)}`;
}

/** The dated copy, its stamp in UTC. */
export function archiveKey(source: string, atMs: number): string {
  const segment = sourceSegment(source);
  const stamp = new Date(atMs).toISOString().slice(0, 19).replaceAll(/[T:]/g, "-");
  return `graphs/archive/${segment}/summoned__${segment}_${stamp}${RELEASE_SUFFIX}`;
}

export function summaryKey(source: string): string {
  return `graphs/summary/${sourceSegment(source)}_release.ttl`;
}

/** The IRI of a document's graph: `urn:gleaner.io:<organization>:<source>:data:<id>`. */
export function graphUrn({ orgName, source, id }: GraphUrnParams): string {
  return `${graphUrnPrefix(orgName, source)}data:${urnPart(id)}`;
}

export interface GraphUrnParams {
  readonly orgName: string;
  readonly source: string;
  readonly id: string;
}

/** What every graph of a source starts with; ends in `:`. */
export function graphUrnPrefix(orgName: string, source: string): string {
  return `urn:gleaner.io:${urnPart(orgName)}:${urnPart(source)}:`;
}

/** The id that a graph IRI was made of: what follows its last colon, decoded. */
export function idOfGraphUrn(urn: string): string {
  const part = urn.slice(urn.lastIndexOf(":") + 1);
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * A part of a URN: what a URN may not hold, and the colon that separates parts, is percent-encoded as UTF-8. Ordinary
 * names and ids stay as they are; a `/` stays too.
 */
export function urnPart(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll("%2F", "/");
}
