import type { IdSource } from "../../../engine/index.ts";

/** How a failed fetch is tried again. */
export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly attempts: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** A server that asks for a longer pause than this gets this one: a crawl does not sleep for days. */
  readonly maxRetryAfterMs: number;
}

/** Waits of 0.5 to 1 s and 1 to 2 s between the three attempts. */
export const defaultRetryPolicy: RetryPolicy = Object.freeze({
  attempts: 3,
  baseDelayMs: 1_000,
  maxDelayMs: 30_000,
  maxRetryAfterMs: 120_000,
});

export interface BackoffParams {
  readonly policy: RetryPolicy;
  /** 1 after the first attempt. */
  readonly attempt: number;
  readonly retryAfterMs: number | null;
  readonly ids: IdSource;
}

/** Base × 2^(attempt-1), capped, of which a random half is taken off; never less than what Retry-After asked for. */
export function backoffMs(params: BackoffParams): number {
  const { policy, attempt, retryAfterMs, ids } = params;
  const full = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1));
  const jittered = Math.round(full * (0.5 + ids.random() / 2));
  return retryAfterMs === null ? jittered : Math.max(jittered, Math.min(retryAfterMs, policy.maxRetryAfterMs));
}

/** Retry-After as milliseconds from now: seconds or an HTTP date (RFC 9110 §10.2.3). Null where it is neither. */
export function parseRetryAfter(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  // An HTTP date has letters; Date.parse alone would take "-5" for a year.
  if (!/^[A-Za-z]{3}/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
