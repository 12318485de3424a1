/**
 * What an HTTP GET comes to. Answers that are not the wanted document are values, not exceptions: a crawl meets
 * thousands of them and counts them.
 *
 * The first four kinds are gleaner's counters of the same names (gleaner-nabu.md §2.4, §2.7), so that its reports and
 * Sheaf's can be laid side by side; the others gleaner lumps together or never notices.
 */
export const fetchFailureKinds = {
  NotAuthorized: "the server answered 403",
  BadURL404: "the server answered 404",
  RepoServerError: "the server answered 500",
  GenericUrlIssue: "the server answered another status that is not 2xx",
  timeout: "the server took too long to connect, to answer or to send",
  refused: "nothing listens at that address",
  dns: "the host name does not resolve",
  tls: "the certificate or the TLS handshake failed",
  network: "the connection broke, or the answer was no HTTP",
  too_large: "the answer is over the size limit, as sent or unpacked",
  bad_encoding: "the answer's Content-Encoding is unknown or its packed data is broken",
  bad_redirect: "redirects loop, are too many, or lead nowhere that can be fetched",
  bad_url: "not an absolute http or https URL",
  robots: "robots.txt forbids it",
} as const;

export type FetchFailureKind = keyof typeof fetchFailureKinds;

export type FetchOutcome = Fetched | FetchFailure;

export interface Fetched {
  readonly ok: true;
  /** As it was asked for. */
  readonly url: string;
  /** After redirects. */
  readonly finalUrl: string;
  readonly status: number;
  /** The Content-Type header, whole; null where there is none. */
  readonly contentType: string | null;
  /** With the Content-Encoding undone. */
  readonly body: Uint8Array;
  /** Only the beginning was read, as asked. */
  readonly truncated: boolean;
  readonly attempts: number;
}

export interface FetchFailure {
  readonly ok: false;
  readonly url: string;
  readonly kind: FetchFailureKind;
  /** Null where no answer came. */
  readonly status: number | null;
  /** One sentence without the URL's password. */
  readonly message: string;
  /** Whether the same request may succeed another time. */
  readonly retryable: boolean;
  /** What Retry-After asked for, not yet capped; null where it was not sent or not understood. */
  readonly retryAfterMs: number | null;
  readonly attempts: number;
}

/** A failure before the number of attempts and the asked URL are known. */
export type RawFailure = Omit<FetchFailure, "url" | "attempts">;

export function failure(
  kind: FetchFailureKind,
  message: string,
  more: Partial<Pick<RawFailure, "status" | "retryable" | "retryAfterMs">> = {},
): RawFailure {
  return { ok: false, kind, message, status: null, retryable: false, retryAfterMs: null, ...more };
}

/** The failure that a status outside of 2xx is. Worth another try: 408, 425, 429 and every 5xx but 501 and 505. */
export function statusFailure(url: string, status: number, retryAfterMs: number | null): RawFailure {
  const retryable =
    status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
  return failure(kindOfStatus(status), `${url} answered ${status}.`, { status, retryable, retryAfterMs });
}

function kindOfStatus(status: number): FetchFailureKind {
  if (status === 403) return "NotAuthorized";
  if (status === 404) return "BadURL404";
  if (status === 500) return "RepoServerError";
  return "GenericUrlIssue";
}

const timeoutCodes = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "ETIMEDOUT",
]);
const dnsCodes = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA", "EAI_NONAME"]);
const tlsCode = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CRL_|EPROTO$|HOSTNAME_MISMATCH$)/;

/** The failure that an error thrown by the HTTP client is. */
export function networkFailure(url: string, error: unknown): RawFailure {
  const code = codeOf(error);
  const because = code === null ? messageOf(error) : code;
  if (code !== null) {
    if (timeoutCodes.has(code)) {
      return failure("timeout", `${url} did not answer in time (${because}).`, { retryable: true });
    }
    if (code === "ECONNREFUSED") {
      return failure("refused", `${url}: the server refused the connection (${because}).`, { retryable: true });
    }
    if (dnsCodes.has(code)) {
      return failure("dns", `${url}: the host name does not resolve (${because}).`, { retryable: true });
    }
    if (tlsCode.test(code)) return failure("tls", `${url}: no secure connection (${because}).`);
  }
  // A client that was closed on purpose stays closed.
  const retryable = code !== "UND_ERR_DESTROYED" && code !== "UND_ERR_CLOSED";
  return failure("network", `${url}: the connection broke (${because}).`, { retryable });
}

/** Node and undici hide the code of a failed connect in `cause` or, with several addresses, in `errors`. */
function codeOf(error: unknown, depth = 0): string | null {
  if (depth > 4 || typeof error !== "object" || error === null) return null;
  if ("code" in error && typeof error.code === "string" && error.code !== "") return error.code;
  if ("errors" in error && Array.isArray(error.errors)) {
    for (const inner of error.errors) {
      const code = codeOf(inner, depth + 1);
      if (code !== null) return code;
    }
  }
  return "cause" in error ? codeOf(error.cause, depth + 1) : null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
