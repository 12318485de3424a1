import assert from "node:assert/strict";
import test from "node:test";
import type { BackfillView, RunView } from "../../../engine/operate.ts";
import { following, MAX_FOLLOWED } from "../../../ui/web/app/following.ts";
import { MAX_LIVE_RUNS, runsModel } from "../../../ui/web/live/models.ts";

function ended(id: string, facts: Partial<RunView> = {}): RunView {
  return {
    id,
    job: "load_job",
    assets: [],
    checks: [],
    partition: null,
    status: "succeeded",
    error: null,
    endedAt: "2026-01-01T00:00:00.000Z",
    ...facts,
  } as RunView;
}

test("the end of a followed run is told once, with its outcome and a link; of others nothing", () => {
  const mine = following();
  mine.followRuns(["a"]);
  assert.equal(mine.runEnded(ended("b")), null);
  assert.deepEqual(mine.runEnded(ended("a", { partition: "iris" })), {
    tone: "good",
    text: "load_job of iris succeeded.",
    link: { route: { page: "run", id: "a" }, label: "Show" },
  });
  assert.equal(mine.runEnded(ended("a")), null);
  assert.equal(mine.current().runs.size, 0);
});

test("a failure is told with the first line of its reason, cut where it is long", () => {
  const mine = following();
  mine.followRuns(["a"]);
  const error = { code: "user_code", message: `${"x".repeat(500)}\nat line 3` };
  const news = mine.runEnded(ended("a", { status: "failed", error }));
  assert.equal(news?.tone, "bad");
  assert.match(news?.text ?? "", /^load_job failed: x{140}…$/);
});

test("runs that were started together are told of once, when the last has ended", () => {
  const mine = following();
  mine.followRuns(["a", "b", "c"]);
  assert.equal(mine.runEnded(ended("b")), null);
  assert.equal(mine.runEnded(ended("a", { status: "failed" })), null);
  assert.equal(mine.runEnded(ended("c"))?.text, "3 runs that you started ended, 1 of them failed.");
});

test("a run that is gone is waited for no longer, and the oldest go where too many are followed", () => {
  const mine = following();
  mine.followRuns(["a"]);
  assert.equal(mine.runGone("a"), null);
  assert.equal(mine.runEnded(ended("a")), null);
  mine.followRuns(["b", "c"]);
  assert.equal(mine.runEnded(ended("b")), null);
  assert.equal(mine.runGone("c")?.text, "load_job succeeded.");
  for (let at = 0; at <= MAX_FOLLOWED; at++) mine.followRuns([`run ${at}`]);
  assert.equal(mine.current().runs.size, MAX_FOLLOWED);
  assert.equal(mine.runEnded(ended("run 0")), null);
  assert.notEqual(mine.runEnded(ended(`run ${MAX_FOLLOWED}`)), null);
});

test("the end of a followed backfill says how many of its runs failed", () => {
  const mine = following();
  mine.followBackfill("b");
  const view = { id: "b", status: "failed", job: null, assets: ["harvest"], total: 4, failed: 1 } as unknown;
  assert.deepEqual(mine.backfillEnded(view as BackfillView), {
    tone: "bad",
    text: "The backfill of harvest failed, 1 of 4 runs failed.",
    link: { route: { page: "backfill", id: "b" }, label: "Show" },
  });
  assert.equal(mine.backfillEnded(view as BackfillView), null);
});

test("a changed run that is older than the live list keeps counts as left out", () => {
  const ids = Array.from({ length: MAX_LIVE_RUNS }, (_, at) => ended(`r${String(at + 1).padStart(4, "0")}`));
  const before = runsModel.snapshot({ items: ids });
  const after = runsModel.patch(before, [{ items: [ended("r0000")], omitted: 2 }]);
  assert.deepEqual([after.omitted, after.byId.has("r0000"), after.runs.length], [3, false, MAX_LIVE_RUNS]);
});
