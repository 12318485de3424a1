import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkRetry,
  MAX_RETRY_DELAY_MS,
  nextAttemptDelayMs,
  retryDelayMs,
  type RetryPolicy,
} from "../../../engine/core/retry.ts";

/** Without chance: in the middle of the spread. */
const delays = (policy: RetryPolicy | null): readonly (number | null)[] =>
  [1, 2, 3, 4, 5].map((attempt) => retryDelayMs(policy, attempt, 0.5));

test("a step without a policy is tried once", () => {
  assert.deepEqual(delays(null), [null, null, null, null, null]);
  assert.deepEqual(delays({ attempts: 1 }), [null, null, null, null, null]);
});

test("a fixed wait stays, an exponential one doubles up to its bound", () => {
  assert.deepEqual(delays({ attempts: 4 }), [1000, 1000, 1000, null, null]);
  assert.deepEqual(delays({ attempts: 9, backoff: "exponential" }), [1000, 2000, 4000, 8000, 16_000]);
  assert.deepEqual(
    delays({ attempts: 9, backoff: "exponential", delayMs: 30_000, maxDelayMs: 100_000 }),
    [30_000, 60_000, 100_000, 100_000, 100_000],
  );
  assert.equal(retryDelayMs({ attempts: 5000, backoff: "exponential" }, 4000, 0.5), 3_600_000);
  assert.equal(retryDelayMs({ attempts: 5000, backoff: "exponential", delayMs: 0 }, 4000, 0.5), 0);
});

test("chance spreads a wait by its share both ways, and never below zero", () => {
  const policy = { attempts: 2, delayMs: 10_000 };
  assert.deepEqual(
    [0, 0.5, 1 - Number.EPSILON].map((random) => retryDelayMs(policy, 1, random)),
    [9000, 10_000, 11_000],
  );
  assert.equal(retryDelayMs({ ...policy, jitter: 0 }, 1, 0), 10_000);
  assert.equal(retryDelayMs({ ...policy, jitter: 5 }, 1, 0), 0);
});

test("a requested wait is kept as it is, up to a week, and without one the policy's counts", () => {
  const next = (delayMs: number | null, attempt = 1) =>
    nextAttemptDelayMs(
      { attempts: 3, backoff: "exponential", delayMs: 100 },
      { wish: { type: "requested", delayMs, attempts: null }, attempt, random: 0.5 },
    );
  assert.deepEqual([next(0), next(4321), next(1e15)], [0, 4321, MAX_RETRY_DELAY_MS]);
  assert.deepEqual([next(null), next(null, 2), next(null, 3)], [100, 200, null]);
});

test("a policy whose numbers make no sense is refused where it is declared", () => {
  for (const bad of [{ attempts: 0 }, { attempts: 1.5 }, { attempts: 2, delayMs: -1 }, { attempts: 2, jitter: NaN }]) {
    assert.throws(() => checkRetry(bad), { code: "definition" });
  }
});
