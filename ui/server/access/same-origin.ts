import type { IncomingHttpHeaders } from "node:http";

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Whether a method only reads (RFC 9110 §9.2.1). */
export function isSafeMethod(method: string): boolean {
  return safeMethods.has(method);
}

/**
 * Whether a browser sent this from one of our own pages. Browsers send `Origin` with every POST and every websocket,
 * and scripts cannot forge it; what carries neither it nor `Sec-Fetch-Site` is refused.
 */
export function isSameOrigin(headers: IncomingHttpHeaders): boolean {
  const { origin, host } = headers;
  if (origin !== undefined) {
    return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
  }
  return headers["sec-fetch-site"] === "same-origin";
}
