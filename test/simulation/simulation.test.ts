import assert from "node:assert/strict";
import { test } from "node:test";
import { mutatedSource, mutations } from "./mutations.ts";
import { runSeeds } from "./run-seeds.ts";

const SEEDS = 200;
test(`no invariant breaks in ${SEEDS} simulations (npm run simulate runs more)`, async () => {
  const report = await runSeeds({ from: 1, count: SEEDS, processes: 2, maxFailures: 3 });
  assert.deepEqual(
    report.failures.map(({ seed, invariant, message, trace }) => ({
      seed,
      invariant,
      message,
      trace: trace.slice(-30),
    })),
    [],
    "replay with: npm run simulate -- --seed N",
  );
  assert.ok(report.lives > SEEDS && report.attempts > SEEDS, "engines were killed and code ran");
});

test("a simulation repeats with its seed", async () => {
  const [first, second] = await Promise.all(
    [1, 2].map(() => runSeeds({ from: 1000, count: 10, processes: 1, maxFailures: 1 })),
  );
  assert.equal(first?.digests.get(1000)?.length, 64);
  assert.deepEqual(first?.digests, second?.digests);
});

test("each deliberate fault of npm run simulate:mutations finds its line", () => {
  for (const mutation of mutations) assert.notEqual(mutatedSource(mutation), "");
});
