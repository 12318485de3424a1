import { hash } from "node:crypto";

import { parseGoUrl } from "./go-url.ts";
import { STRING_PATHS, orderedPaths, pathMatcher } from "./identifier-paths.ts";
import type { PathMatch, PathMatcher } from "./identifier-paths.ts";

/** What a document is called, and how that came about: the tool's words, as they stand in metadata. */
export interface Identity {
  readonly id: string;
  readonly identifierType: "identifiersha" | "identifierstring" | "normalizedjsonsha" | "jsonsha" | "filesha";
  readonly jsonSha: string;
  readonly matchedPath?: string;
  readonly matchedString?: string;
  /** Set where the id that the source asks for cannot be a key, and the hash of the text was taken. */
  readonly refusedId?: string;
}

export interface IdentifyParams {
  /** As it will be stored. */
  readonly text: string;
  readonly document: unknown;
  /** Its statements in canonical form; null where they could not be had. Empty: it says nothing. */
  readonly canonical: string | null;
}

export type Identify = (params: IdentifyParams) => Identity;

/**
 * How a source identifies documents (`internal/common/identifier.go` of gleaner's dev_ec): `identifierstring`,
 * `identifiersha`, `normalizedjsonsha`; anything else means the hash of the text.
 */
export function identifierOf(identifierType: string, identifierPath: string): Identify {
  switch (identifierType) {
    case "identifierstring":
      return byString(pathMatcher(STRING_PATHS));
    case "identifiersha":
      return byPath(pathMatcher(orderedPaths(identifierPath)));
    case "normalizedjsonsha":
      return byContent;
    default:
      return byText;
  }
}

export function sha1(text: string): string {
  return hash("sha1", text);
}

function byText({ text }: IdentifyParams): Identity {
  const sha = sha1(text);
  return { id: sha, identifierType: "filesha", jsonSha: sha };
}

/** A document without statements gets the hash of its text in hex twice over, as gleaner has it. */
function byContent(params: IdentifyParams): Identity {
  const { text, canonical } = params;
  if (canonical === null) return byText(params);
  if (canonical === "") {
    const sha = Buffer.from(sha1(text), "latin1").toString("hex");
    return { id: sha, identifierType: "normalizedjsonsha", jsonSha: sha };
  }
  const sha = sha1(canonical);
  return { id: sha, identifierType: "jsonsha", jsonSha: sha };
}

function byPath(match: PathMatcher): Identify {
  return (params) => {
    const content = byContent(params);
    const found = match(params.document);
    if (found === null) return content;
    const { path, printed } = found;
    const { jsonSha } = content;
    return { id: sha1(printed), identifierType: "identifiersha", jsonSha, matchedPath: path, matchedString: printed };
  };
}

function byString(match: PathMatcher): Identify {
  return (params) => {
    const byHash = byText(params);
    const found = match(params.document);
    if (found === null) return byHash;
    const id = plainId(found);
    if (!isKeyId(id)) return { ...byHash, refusedId: id };
    const { jsonSha } = byHash;
    return { id, identifierType: "identifierstring", jsonSha, matchedPath: found.path, matchedString: found.printed };
  };
}

/** The path of a URL without its first character, decoded; `ark:/a/b` in it becomes `ark_a_b`. */
function plainId({ values }: PathMatch): string {
  const first = values[0] ?? "";
  const path = parseGoUrl(first)?.path ?? "";
  const id = path === "" ? first : path.slice(1);
  return id.startsWith("ark") ? id.replace(":/", "_").replace("/", "_") : id;
}

const MAX_ID_BYTES = 700;
const MAX_SEGMENT_BYTES = 240;

/** Whether an id can be part of a key: no empty, `.` or `..` segment, no control characters, not too long. */
function isKeyId(id: string): boolean {
  if (Buffer.byteLength(id) > MAX_ID_BYTES || !id.isWellFormed()) return false;
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\u0000-\u001f\u007f\\]/.test(id)) return false;
  return id.split("/").every((part) => !["", ".", ".."].includes(part) && Buffer.byteLength(part) <= MAX_SEGMENT_BYTES);
}
