import assert from "node:assert/strict";
import { test } from "node:test";
import { readOutcome } from "../../../engine/core/tick-outcome.ts";
import { defineAsset, defineJob } from "../../../engine/index.ts";

const job = defineJob({ name: "j", assets: [defineAsset({ key: "one", run: () => 1 })] });

test("a run request with a policy or a priority that is none is refused before it reaches the record", () => {
  const returned = (extra: object) => ({ reason: "r", runs: [{ job, reason: "r", ...extra }] });
  assert.ok(readOutcome(returned({ runKey: "k", keyPolicy: "until-success", priority: -3 })));
  for (const bad of [{ keyPolicy: "twice" }, { priority: 1.5 }, { priority: 1e9 }]) {
    assert.throws(() => readOutcome(returned(bad)), { code: "bad_value" });
  }
});
