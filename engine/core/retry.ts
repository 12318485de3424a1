/** How often and when a step whose code failed is tried again. */
export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly attempts: number;
  readonly backoff?: "fixed" | "exponential";
  /** Before the second attempt. Default 1,000. */
  readonly delayMs?: number;
  /** Longest wait. Default one hour. */
  readonly maxDelayMs?: number;
  /** Share of the wait that is random, 0 to 1. Default 0.1. */
  readonly jitter?: number;
}

const DEFAULT_DELAY_MS = 1000;
const DEFAULT_MAX_DELAY_MS = 3_600_000;
const DEFAULT_JITTER = 0.1;

/**
 * The wait before attempt `attempt + 1`, in ms, or null where the policy allows no more.
 * Exponential from 1,000: 1 s, 2 s, 4 s, 8 s, … up to `maxDelayMs`. `random` in [0, 1) spreads it by `jitter` both ways.
 */
export function retryDelayMs(policy: RetryPolicy | null, attempt: number, random: number): number | null {
  if (policy === null || attempt >= policy.attempts) return null;
  const first = policy.delayMs ?? DEFAULT_DELAY_MS;
  const grown = policy.backoff === "exponential" ? first * 2 ** (attempt - 1) : first;
  const capped = Math.min(grown, policy.maxDelayMs ?? DEFAULT_MAX_DELAY_MS);
  const jitter = policy.jitter ?? DEFAULT_JITTER;
  return Math.max(0, Math.round(capped * (1 + jitter * (2 * random - 1))));
}
