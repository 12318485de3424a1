import type { Clock, IdSource } from "../../engine/index.ts";
import { backoffMs, defaultRetryPolicy, type RetryPolicy } from "./fetch/backoff.ts";
import type { FetchOutcome } from "./fetch/fetch-outcome.ts";
import { createHostLimiter, type Politeness } from "./fetch/host-limiter.ts";
import { createHttpClient, defaultTimeouts, type FetchTimeouts } from "./fetch/http-client.ts";
import { follow } from "./fetch/redirects.ts";

/** gleaner's own: sites that let it in let Sheaf in (gleaner-nabu.md §2.4). */
export const USER_AGENT = "EarthCube_DataBot/1.0";

export interface Fetcher {
  /**
   * GETs a document: redirects followed, packing undone, tried again where that can help, all under the politeness
   * of its host. Whatever the server or the network does is an outcome; only an abort throws (the signal's reason).
   */
  get(params: GetParams): Promise<FetchOutcome>;
  /** Ends idle connections at once and running requests with a `network` failure. */
  close(): Promise<void>;
}

export interface GetParams {
  readonly url: string;
  /** The Accept header. */
  readonly accept: string;
  readonly maxBytes: number;
  /** Keep the first `maxBytes` and hang up, instead of failing with `too_large`. Default false. */
  readonly truncate?: boolean | undefined;
  /** Default: no delay, `DEFAULT_HOST_CONCURRENCY` at a time. */
  readonly politeness?: Politeness | undefined;
  /** Whether robots.txt allows a URL that a redirect leads to. Default: all. */
  readonly allows?: ((url: string) => boolean) | undefined;
  /** Default: the fetcher's. */
  readonly attempts?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const DEFAULT_HOST_CONCURRENCY = 4;

export interface FetcherOptions {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly timeouts?: Partial<FetchTimeouts> | undefined;
  readonly retry?: Partial<RetryPolicy> | undefined;
}

/** One for a process: it owns the connections and the one limiter that all sources share. */
export function createFetcher(options: FetcherOptions): Fetcher {
  const { clock, ids } = options;
  const policy = { ...defaultRetryPolicy, ...options.retry };
  const limiter = createHostLimiter(clock);
  const client = createHttpClient({
    clock,
    userAgent: USER_AGENT,
    timeouts: { ...defaultTimeouts, ...options.timeouts },
  });

  async function get(params: GetParams): Promise<FetchOutcome> {
    const politeness = params.politeness ?? { delayMs: 0, concurrency: DEFAULT_HOST_CONCURRENCY };
    const attempts = Math.max(1, params.attempts ?? policy.attempts);
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await follow({ ...params, client, limiter, politeness });
      if (outcome.ok) return { ...outcome, url: params.url, attempts: attempt };
      if (!outcome.retryable || attempt >= attempts) return { ...outcome, url: params.url, attempts: attempt };
      const waitMs = backoffMs({ policy, attempt, retryAfterMs: outcome.retryAfterMs, ids });
      if (outcome.retryAfterMs !== null) limiter.pause(outcome.host, waitMs);
      await clock.sleep(waitMs, params.signal);
    }
  }

  return Object.freeze({ get, close: () => client.close() });
}
