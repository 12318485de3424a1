import { AsyncLocalStorage } from "node:async_hooks";
import type { Agent, IncomingMessage, RequestOptions } from "node:http";
import { http, https } from "../node-http.ts";

/** What belongs to one call of the store, through all the requests that the client makes for it. */
export interface CallScope {
  readonly signal: AbortSignal | undefined;
  /** The `Date` of the last answer: the store's own clock. */
  answeredAt: string | undefined;
  /** The server had closed an idle connection just when it was used again: the request was not handled. */
  wasStale: boolean;
}

export interface Transport {
  /** Runs a call; requests made in it end when its signal aborts. */
  run<T>(scope: CallScope, task: () => Promise<T>): Promise<T>;
  /** What the client takes in place of Node's `http` or `https`. */
  readonly client: Pick<typeof http, "request">;
  readonly agent: Agent;
}

/** Open connections to the store; further requests wait for one of them. */
const MAX_CONNECTIONS = 64;

/** Node's own default for idle connections; servers close theirs later, so that few are found closed. */
const IDLE_CONNECTION_MS = 5000;

/** A server that is silent for so long before its answer is taken for dead; completing a large upload takes a while. */
const ANSWER_LIMIT_MS = 120_000;

/** An answer's body may stand still for so long, be it the server or the reader who is slow. */
const BODY_LIMIT_MS = 15 * 60_000;

/** Answers that the client throws on without reading their body, which would keep the connection busy for ever. */
const UNREAD_STATUSES = new Set([408, 429, 499, 500, 502, 503, 504, 520]);

/** Requests of the client with our limits on time and connections, and the signal of the call they belong to. */
export function transport(useSsl: boolean): Transport {
  const scopes = new AsyncLocalStorage<CallScope>();
  const agentOptions = {
    keepAlive: true,
    maxSockets: MAX_CONNECTIONS,
    timeout: IDLE_CONNECTION_MS,
    scheduling: "lifo",
  } as const;

  const request = (options: RequestOptions, onResponse?: (response: IncomingMessage) => void) => {
    const scope = scopes.getStore();
    const signal = scope?.signal;
    const made = (useSsl ? https : http).request(signal === undefined ? options : { ...options, signal });
    let limitMs = ANSWER_LIMIT_MS;
    made.setTimeout(limitMs);
    made.on("timeout", () => {
      const message = `nothing came over the connection for ${limitMs} ms`;
      made.destroy(Object.assign(new Error(message), { code: "ETIMEDOUT" }));
    });
    made.on("error", (error) => {
      const code = "code" in error ? error.code : null;
      if (scope !== undefined && made.reusedSocket && (code === "ECONNRESET" || code === "EPIPE"))
        scope.wasStale = true;
    });
    made.on("response", (response) => {
      if (scope !== undefined) scope.answeredAt = response.headers.date;
      limitMs = BODY_LIMIT_MS;
      made.setTimeout(limitMs);
      if (UNREAD_STATUSES.has(response.statusCode ?? 0)) response.resume();
      onResponse?.(response);
    });
    return made;
  };

  return Object.freeze({
    run: <T>(scope: CallScope, task: () => Promise<T>) => scopes.run(scope, task),
    client: { request: request as typeof http.request },
    agent: useSsl ? new https.Agent(agentOptions) : new http.Agent(agentOptions),
  });
}
