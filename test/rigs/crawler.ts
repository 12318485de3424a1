import { systemClock, systemIds } from "../../engine/adapters/system-clock.ts";
import { createFetcher, type Fetcher, type FetcherOptions } from "../../assets/harvest/fetcher.ts";

/** A fetcher that waits a few milliseconds where the real one waits seconds. */
export function quickFetcher(options: Partial<FetcherOptions> = {}): Fetcher & AsyncDisposable {
  const fetcher = createFetcher({
    clock: systemClock(),
    ids: systemIds(),
    ...options,
    retry: { baseDelayMs: 1, maxDelayMs: 2, maxRetryAfterMs: 5, ...options.retry },
  });
  return { ...fetcher, [Symbol.asyncDispose]: () => fetcher.close() };
}
