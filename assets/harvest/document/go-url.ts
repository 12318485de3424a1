/** URLs as Go's `net/url` takes them: what gleaner decides by `url.Parse` is decided alike here. */

// eslint-disable-next-line no-control-regex -- url.Parse refuses control characters
const CONTROL = /[\u0000-\u001f\u007f]/;
const BAD_ESCAPE = /%(?![0-9a-fA-F]{2})/;

/** The scheme in lower case; "" where there is none. */
export function schemeOf(text: string): string {
  return /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase() ?? "";
}

/** Whether `url.Parse` takes it: no control characters, whole escapes, no colon in the first segment of a path. */
export function isGoUrl(text: string): boolean {
  return parseGoUrl(text) !== null;
}

export interface GoUrl {
  readonly scheme: string;
  /** Decoded; empty for an opaque URL (`urn:…`, `doi:…`). */
  readonly path: string;
}

/** What of `url.Parse` is needed here; null for an error. */
export function parseGoUrl(text: string): GoUrl | null {
  if (CONTROL.test(text) || text.startsWith(":")) return null;
  const scheme = schemeOf(text);
  const [beforeFragment = "", ...fragments] = text.slice(scheme === "" ? 0 : scheme.length + 1).split("#");
  if (BAD_ESCAPE.test(fragments.join("#"))) return null;
  const beforeQuery = beforeFragment.split("?", 1)[0] ?? "";
  if (!beforeQuery.startsWith("/")) {
    if (scheme !== "") return { scheme, path: "" };
    if (/^[^/]*:/.test(beforeQuery)) return null;
  }
  const authority = /^\/\/([^/]*)/.exec(beforeQuery);
  if (authority !== null && (authority[1] ?? "").includes(" ")) return null;
  const path = authority === null ? beforeQuery : beforeQuery.slice(authority[0].length);
  if (BAD_ESCAPE.test(beforeQuery)) return null;
  return { scheme, path: decodePath(path) };
}

function decodePath(path: string): string {
  if (!path.includes("%")) return path;
  const bytes = path.replace(/(?:%[0-9a-fA-F]{2})+/g, (escapes) =>
    Buffer.from(escapes.replaceAll("%", ""), "hex").toString("utf8"),
  );
  return bytes;
}
