import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs, defaultRetryPolicy, parseRetryAfter } from "../../../../assets/harvest/fetch/backoff.ts";
import type { IdSource } from "../../../../engine/core/ports/time.ts";

const now = Date.UTC(2026, 0, 1);

function drawing(value: number): IdSource {
  return { uuid: () => "", random: () => value, secret: () => "" };
}

function wait(attempt: number, random: number, retryAfterMs: number | null = null): number {
  return backoffMs({ policy: defaultRetryPolicy, attempt, retryAfterMs, ids: drawing(random) });
}

test("waits double from attempt to attempt up to the cap, with up to half taken off", () => {
  assert.deepEqual([wait(1, 0), wait(1, 0.999), wait(2, 0), wait(2, 0.999)], [500, 1_000, 1_000, 1_999]);
  assert.equal(wait(20, 0.999), 29_985);
});

test("Retry-After lengthens a wait up to its own cap and never shortens it", () => {
  assert.equal(wait(1, 0, 10_000), 10_000);
  assert.equal(wait(1, 0, 10_000_000), defaultRetryPolicy.maxRetryAfterMs);
  assert.equal(wait(1, 0, 0), 500);
});

const headers = [
  ["120", 120_000],
  [" 3 ", 3_000],
  ["Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
  ["Thu, 01 Jan 2015 00:01:00 GMT", 0],
  ["soon", null],
  ["-5", null],
  ["1e9", null],
  ["", null],
] as const;
for (const [header, expected] of headers) {
  test(`Retry-After ${JSON.stringify(header)} means ${expected === null ? "nothing" : `${expected} ms`}`, () => {
    assert.equal(parseRetryAfter(header, now), expected);
  });
}
