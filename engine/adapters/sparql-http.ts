import { createWriteStream } from "node:fs";
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { EngineError, isEngineError } from "../core/errors.ts";
import type { Clock } from "../core/ports/time.ts";
import { http, https } from "./node-http.ts";

/**
 * Calls a triplestore server. By Node's own http, because a load is answered when it is done, after minutes: fetch
 * gives up on headers after five.
 */
export interface SparqlHttp {
  /** The server's address without credentials. */
  readonly address: string;
  send(call: HttpCall): Promise<HttpAnswer>;
}

export interface SparqlHttpParams {
  /** May hold credentials (`https://user:password@host/…`), which are used and never shown. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly clock: Clock;
}

export interface HttpCall {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the server's address, beginning with `/`. */
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders | undefined;
  readonly body?: string | Readable | undefined;
  /** Where to write the answer of a 200, after what the file holds; its `body` is then empty. */
  readonly appendTo?: string | undefined;
  readonly timeoutMs?: number | undefined;
  /** Most bytes of an answer that is kept in memory. */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** Answers other than queries' are names, counts and errors. */
const MAX_ANSWER_BYTES = 64_000_000;

export function sparqlHttp({ url, username, password, clock }: SparqlHttpParams): SparqlHttp {
  const base = parseUrl(url);
  const user = username ?? decodeURIComponent(base.username);
  const secret = password ?? decodeURIComponent(base.password);
  base.username = "";
  base.password = "";
  const address = base.href.replace(/\/+$/u, "");
  const auth = user === "" ? undefined : `${user}:${secret}`;

  return Object.freeze({
    address,
    async send(call: HttpCall) {
      const deadline = new AbortController();
      const finished = new AbortController();
      if (call.timeoutMs !== undefined)
        void abortLate(deadline, { clock, ms: call.timeoutMs, signal: finished.signal });
      const signal = call.signal === undefined ? deadline.signal : AbortSignal.any([call.signal, deadline.signal]);
      try {
        signal.throwIfAborted();
        return await exchange(`${address}${call.path}`, { ...call, signal, auth });
      } catch (error) {
        if (call.signal?.aborted === true) throw call.signal.reason;
        if (deadline.signal.aborted) throw deadline.signal.reason;
        if (isEngineError(error)) throw error;
        throw unavailable(address, error);
      } finally {
        finished.abort();
      }
    },
  });
}

interface Exchange extends HttpCall {
  readonly signal: AbortSignal;
  readonly auth: string | undefined;
}

async function exchange(url: string, call: Exchange): Promise<HttpAnswer> {
  const { method, headers = {}, body, signal, auth } = call;
  const { request: open } = url.startsWith("https:") ? https : http;
  const request = open(url, { method, headers, signal, ...(auth === undefined ? {} : { auth }), agent: false });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    request.on("error", reject);
  });
  // A server may refuse a body before it has read it: the answer counts, not the pipe that broke.
  const sent =
    body instanceof Readable ? pipeline(body, request, { signal }) : Promise.resolve(void request.end(body ?? ""));
  sent.catch(() => undefined);
  const response = await answered;
  const status = response.statusCode ?? 0;
  const contentType = response.headers["content-type"] ?? "";
  if (call.appendTo !== undefined && status === 200) {
    await pipeline(response, createWriteStream(call.appendTo, { flags: "a" }), { signal });
    return { status, contentType, body: Buffer.alloc(0) };
  }
  return { status, contentType, body: await gather(response, call.maxBytes ?? MAX_ANSWER_BYTES) };
}

async function gather(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      response.destroy();
      throw new EngineError("query_limit", `the answer has more than the ${maxBytes} bytes allowed: add a LIMIT`, {
        details: { limit: "maxBytes", maxBytes },
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

interface Late {
  readonly clock: Clock;
  readonly ms: number;
  readonly signal: AbortSignal;
}

async function abortLate(deadline: AbortController, { clock, ms, signal }: Late): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch {
    return;
  }
  deadline.abort(lateError(ms));
}

export function lateError(ms: number): EngineError {
  return new EngineError("query_limit", `it ran for more than ${ms} ms and was ended`, {
    details: { limit: "timeoutMs", timeoutMs: ms },
  });
}

function parseUrl(url: string): URL {
  const parsed = URL.parse(url);
  if (parsed !== null && (parsed.protocol === "http:" || parsed.protocol === "https:")) {
    parsed.hash = "";
    parsed.search = "";
    return parsed;
  }
  // The text itself is not shown: it may hold a password.
  throw new EngineError("config", "the triplestore's URL is no http or https address");
}

function unavailable(address: string, cause: unknown): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EngineError("triplestore_unavailable", `the triplestore at ${address} does not answer: ${reason}`, {
    retryable: true,
    details: { address },
    cause,
  });
}
