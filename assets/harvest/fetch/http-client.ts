import undici from "undici/lib/api/index.js";
import Agent from "undici/lib/dispatcher/agent.js";
import type { Clock } from "../../../engine/index.ts";
import { parseRetryAfter } from "./backoff.ts";
import { discard, readBody } from "./fetch-body.ts";
import { failure, networkFailure, statusFailure, type RawFailure } from "./fetch-outcome.ts";
import { withoutPassword } from "./urls.ts";

export interface FetchTimeouts {
  readonly connectMs: number;
  /** From the request to the end of the answer's headers. */
  readonly headersMs: number;
  /** Between two pieces of the body. */
  readonly bodyMs: number;
  /** Of one request in all, redirects counted singly, waiting for the host's turn not counted. */
  readonly totalMs: number;
}

export const defaultTimeouts: FetchTimeouts = Object.freeze({
  connectMs: 15_000,
  headersMs: 60_000,
  bodyMs: 60_000,
  totalMs: 180_000,
});

/** Idle connections are closed after this; the server may ask for less. */
const KEEP_ALIVE_MS = 10_000;
/** Connections to one origin; the host limiter keeps requests far below. */
const MAX_CONNECTIONS_PER_ORIGIN = 64;
const MAX_HEADER_BYTES = 64 * 1024;
/** The body of an error is read up to here so that its connection can be used again. */
const MAX_DUMPED_BYTES = 64 * 1024;

export interface HttpRequest {
  /** http or https. */
  readonly url: URL;
  readonly accept: string;
  readonly maxBytes: number;
  readonly truncate: boolean;
  readonly signal: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly ok: true;
  readonly finalUrl: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly body: Uint8Array;
  readonly truncated: boolean;
}

export interface HttpFailure extends RawFailure {
  /** The Location header of an answer that is no 2xx. */
  readonly location?: string | null;
}

export interface HttpClient {
  /** One GET, one answer. Throws only the reason of an aborted signal. */
  request(request: HttpRequest): Promise<HttpAnswer | HttpFailure>;
  close(): Promise<void>;
}

export interface HttpClientOptions {
  readonly clock: Clock;
  readonly userAgent: string;
  readonly timeouts: FetchTimeouts;
}

/**
 * The one place that talks to undici, by an agent of its own: the process's global one is left alone. Of undici it takes the
 * two parts that it needs: the whole, with `fetch`, websockets, caches and mocks, costs a process 15 MB more.
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { clock, userAgent, timeouts } = options;
  const agent = new Agent({
    connect: { timeout: timeouts.connectMs },
    connections: MAX_CONNECTIONS_PER_ORIGIN,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: timeouts.headersMs,
    bodyTimeout: timeouts.bodyMs,
  });

  async function request(params: HttpRequest): Promise<HttpAnswer | HttpFailure> {
    const { url, signal } = params;
    signal?.throwIfAborted();
    const stop = new AbortController();
    const ended = new AbortController();
    const onAbort = (): void => stop.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    let late = false;
    clock.sleep(timeouts.totalMs, ended.signal).then(
      () => {
        late = true;
        stop.abort(new Error("over the total time limit"));
      },
      () => undefined,
    );
    try {
      return await exchange(params, { agent, clock, userAgent, signal: stop.signal });
    } catch (error) {
      signal?.throwIfAborted();
      if (late) return overdue(url, timeouts.totalMs);
      return networkFailure(withoutPassword(url.href), error);
    } finally {
      ended.abort(settled);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  return Object.freeze({ request, close: () => agent.destroy() });
}

interface ExchangeParams {
  readonly agent: Agent;
  readonly clock: Clock;
  readonly userAgent: string;
  readonly signal: AbortSignal;
}

async function exchange(
  request: HttpRequest,
  { agent, clock, userAgent, signal }: ExchangeParams,
): Promise<HttpAnswer | HttpFailure> {
  const { url, accept, maxBytes, truncate } = request;
  const response = await undici.request.call(agent, {
    origin: url.origin,
    path: url.pathname + url.search,
    method: "GET",
    headers: {
      "user-agent": userAgent,
      accept,
      "accept-encoding": "gzip, deflate, br",
      ...authorization(url),
    },
    signal,
  });
  const { statusCode: status, body } = response;
  const header = (name: string): string | null => one(response.headers[name]);
  if (status < 200 || status > 299) {
    await body.dump({ limit: MAX_DUMPED_BYTES, signal }).catch(() => discard(body));
    const retryAfterMs = parseRetryAfter(header("retry-after"), clock.now());
    return { ...statusFailure(withoutPassword(url.href), status, retryAfterMs), location: header("location") };
  }
  const length = header("content-length");
  const read = await readBody({
    url: withoutPassword(url.href),
    body,
    encoding: header("content-encoding"),
    lengthBytes: length === null ? null : Number(length),
    maxBytes,
    truncate,
  });
  if (!read.ok) return { ...read, status };
  const { bytes, truncated } = read;
  return { ok: true, finalUrl: url.href, status, contentType: header("content-type"), body: bytes, truncated };
}

/** One for all: an abort without a reason makes an exception with a stack, which a crawl pays for on every page. */
const settled = new Error("the request has ended");

function overdue(url: URL, totalMs: number): RawFailure {
  return failure("timeout", `${withoutPassword(url.href)} was not done within ${totalMs} ms.`, { retryable: true });
}

/** Go's client, and so gleaner, sends the password that a configured URL holds. */
function authorization(url: URL): Record<string, string> {
  if (url.username === "" && url.password === "") return {};
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

function one(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) ?? null;
}
