import type { Json } from "../../../engine/operate.ts";

export interface RequestLineParams {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly body?: Json;
}

/** An HTTP request as `curl` takes it, with the token where the reader keeps it. */
export function requestLine({ method, url, body }: RequestLineParams): string {
  const words = [
    "curl",
    ...(method === "POST" ? ["-X POST"] : []),
    quoted(url),
    `-H "Authorization: Bearer $SHEAF_TOKEN"`,
    ...(body === undefined ? [] : [`-H "Content-Type: application/json" -d ${quoted(JSON.stringify(body))}`]),
  ];
  return words.join(" ");
}

/** A `sheaf` command; its words are quoted where a shell needs it. */
export function commandLine(...words: readonly string[]): string {
  return ["npm run sheaf --", ...words.map(quoted)].join(" ");
}

/** As a POSIX shell takes it: in single quotes unless it needs none. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
