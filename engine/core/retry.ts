import { EngineError, isEngineError } from "./errors.ts";
import type { Failure } from "./events.ts";
import { failureOf, isRetryable } from "./failure.ts";

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
  /**
   * Whether trying again may help. Default: yes, but for an `EngineError` that says of itself that it does not. It is
   * called on the engine's thread; of what code in a worker threw, `error` is a copy with its name, message and stack.
   */
  readonly retryOn?: (error: unknown, failure: Failure) => boolean;
}

const DEFAULT_DELAY_MS = 1000;
const DEFAULT_MAX_DELAY_MS = 3_600_000;
const DEFAULT_JITTER = 0.1;
/** Of a step whose code asks to be tried again, without a policy and without a number of its own. */
const DEFAULT_REQUESTED_ATTEMPTS = 2;
/** A week. Who has to wait longer is started by a schedule. */
export const MAX_RETRY_DELAY_MS = 7 * 24 * 3_600_000;

interface RetryRequest {
  readonly message?: string;
  /** Before the next attempt, as it is, without chance. Default: as the step's policy says, else 1,000. */
  readonly delayMs?: number;
  /** Attempts in all, the first included. Default: the policy's, else 2. */
  readonly attempts?: number;
  readonly cause?: unknown;
}

/**
 * Thrown by a step's code that wants to be tried again, whatever its policy's `retryOn` says. Each such attempt counts,
 * as one that failed does; when there are none left the step fails with this error.
 */
export class RetryRequested extends EngineError {
  constructor({ message = "the code asks to be tried again", delayMs, attempts, cause }: RetryRequest = {}) {
    super("retry_requested", message, { retryable: true, details: { delayMs, attempts }, cause });
    this.name = "RetryRequested";
  }
}

/** What a failed attempt says about another one. */
export type RetryWish =
  | { readonly type: "never" }
  | { readonly type: "policy" }
  | { readonly type: "requested"; readonly delayMs: number | null; readonly attempts: number | null };

export interface FailedAttempt {
  readonly failure: Failure;
  readonly wish: RetryWish;
}

/** Reads what an attempt threw. A `retryOn` that throws, or answers neither yes nor no, fails the step for good. */
export function failedAttempt(error: unknown, policy: RetryPolicy | null): FailedAttempt {
  const failure = failureOf(error);
  if (failure.code === "retry_requested") return { failure, wish: requestOf(error) };
  if (policy?.retryOn === undefined) return { failure, wish: { type: isRetryable(error) ? "policy" : "never" } };
  try {
    const answer: unknown = policy.retryOn(error, failure);
    if (typeof answer === "boolean") return { failure, wish: { type: answer ? "policy" : "never" } };
    return refused(failure, "answered neither true nor false");
  } catch (thrown) {
    return refused(failure, `threw: ${failureOf(thrown).message}`);
  }
}

function refused(failure: Failure, how: string): FailedAttempt {
  return { failure: { ...failure, message: `${failure.message} (and its retryOn ${how})` }, wish: { type: "never" } };
}

function requestOf(error: unknown): RetryWish {
  const details = isEngineError(error) ? error.details : undefined;
  const number = (value: unknown): number | null => (typeof value === "number" && value >= 0 ? value : null);
  return { type: "requested", delayMs: number(details?.["delayMs"]), attempts: number(details?.["attempts"]) };
}

export interface NextAttemptParams {
  readonly wish: RetryWish;
  /** The one that failed, not counting those that the engine's end cut off. */
  readonly attempt: number;
  /** In [0, 1). */
  readonly random: number;
}

/** The wait before the attempt after one that failed, in ms; null where there is none. */
export function nextAttemptDelayMs(policy: RetryPolicy | null, params: NextAttemptParams): number | null {
  const { wish, attempt, random } = params;
  switch (wish.type) {
    case "never":
      return null;
    case "policy":
      return retryDelayMs(policy, attempt, random);
    case "requested": {
      const attempts = wish.attempts ?? policy?.attempts ?? DEFAULT_REQUESTED_ATTEMPTS;
      const delayMs = retryDelayMs({ ...policy, attempts }, attempt, random);
      return delayMs === null ? null : Math.min(Math.round(wish.delayMs ?? delayMs), MAX_RETRY_DELAY_MS);
    }
  }
}

/**
 * The wait before attempt `attempt + 1`, in ms, or null where the policy allows no more.
 * Exponential from 1,000: 1 s, 2 s, 4 s, 8 s, … up to `maxDelayMs`. `random` in [0, 1) spreads it by `jitter` both ways.
 */
export function retryDelayMs(policy: RetryPolicy | null, attempt: number, random: number): number | null {
  if (policy === null || attempt >= policy.attempts) return null;
  const first = policy.delayMs ?? DEFAULT_DELAY_MS;
  // Nothing stays nothing, however often it is doubled: 0 × ∞ is no number.
  const grown = policy.backoff === "exponential" && first > 0 ? first * 2 ** (attempt - 1) : first;
  const capped = Math.min(grown, policy.maxDelayMs ?? DEFAULT_MAX_DELAY_MS);
  const jitter = policy.jitter ?? DEFAULT_JITTER;
  return Math.min(MAX_RETRY_DELAY_MS, Math.max(0, Math.round(capped * (1 + jitter * (2 * random - 1)))));
}

/** Throws `definition` on numbers that make no sense. */
export function checkRetry(policy: RetryPolicy): RetryPolicy {
  const { attempts, delayMs = 0, maxDelayMs = 0, jitter = 0 } = policy;
  if (!Number.isSafeInteger(attempts) || attempts < 1) {
    throw new EngineError("definition", `a retry policy has a whole number of attempts from 1, not ${attempts}`);
  }
  for (const [name, value] of Object.entries({ delayMs, maxDelayMs, jitter })) {
    if (!(value >= 0)) throw new EngineError("definition", `a retry policy's ${name} is a number from 0, not ${value}`);
  }
  if (jitter > 1) throw new EngineError("definition", `a retry policy's jitter is a share from 0 to 1, not ${jitter}`);
  return Object.freeze({ ...policy });
}
