import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset, defineJob, defineMultiAsset, skip } from "../../../engine/index.ts";
import { engineRig, gate, operator } from "../../rigs/engine.ts";

/** A multi-asset that makes `left` alone, and what stands on its outputs. */
function forked(rightValue: () => ReturnType<typeof skip> | undefined | number = () => skip("needs Docker")) {
  const both = defineMultiAsset({
    assets: { left: { key: "left" }, right: { key: "right" } },
    run: () => ({ left: 1, right: rightValue() }),
  });
  const ofLeft = defineAsset({ key: "of_left", deps: { left: both.left }, run: ({ inputs }) => inputs.left });
  const ofRight = defineAsset({ key: "of_right", deps: { right: both.right }, run: () => 1 });
  const below = defineAsset({ key: "below", deps: { ofRight }, run: () => 1 });
  const assets = [both.left, both.right, ofLeft, ofRight, below];
  return { both, assets, definitions: [...assets, defineJob({ name: "j", assets })] };
}

test("what needs an output that its step left out is skipped with the reason, and the rest goes on", async () => {
  const { definitions } = forked();
  await using rig = await engineRig({ definitions });
  const run = await rig.run("j");
  assert.equal(run.status, "succeeded");
  assert.equal(rig.step(run.id, "of_left").status, "succeeded");
  const skipped = rig.step(run.id, "of_right");
  assert.deepEqual(
    [skipped.status, skipped.reason],
    ["skipped", "needs right, which its step did not make: needs Docker"],
  );
  assert.equal(rig.step(run.id, "below").reason, "needs of_right, which was skipped");
  assert.equal(rig.step(run.id, "left").reason, "did not make right (needs Docker)");
  const { items } = await rig.engine.queries.events(run.id, {});
  assert.ok(items.some((event) => event.message === "Step 0 succeeded and made left, but not right (needs Docker)."));
  assert.equal(rig.engine.queries.asset("right").status, "missing");
});

test("an output that is left out now is not replaced by what was made of it before", async () => {
  let right: number | undefined = 1;
  const { definitions } = forked(() => right);
  await using rig = await engineRig({ definitions });
  assert.equal((await rig.run("j")).stepCounts.succeeded, 4);
  right = undefined;
  const run = await rig.run("j");
  assert.deepEqual([run.stepCounts.succeeded, run.stepCounts.skipped], [2, 2]);
  assert.equal(rig.step(run.id, "of_right").reason, "needs right, which its step did not make");
});

test("after a kill it is still known what a step left out", async () => {
  const { both } = forked();
  const open = gate();
  const slow = defineAsset({ key: "slow", run: () => open.passed.then(() => 1) });
  const ofRight = defineAsset({ key: "of_right", deps: { right: both.right, slow }, run: () => 1 });
  const ofLeft = defineAsset({ key: "of_left", deps: { left: both.left, slow }, run: () => 1 });
  const assets = [both.left, both.right, slow, ofRight, ofLeft];
  await using rig = await engineRig({ definitions: [...assets, defineJob({ name: "j", assets })] });
  const id = await rig.start("j");
  await rig.settle();
  const after = await rig.crash();
  open.open();
  const run = await after.ended(id);
  assert.equal(run.status, "succeeded");
  assert.deepEqual([after.step(id, "of_right").status, after.step(id, "of_left").status], ["skipped", "succeeded"]);
});

test("a re-execution from failure does again what failed and what needs it, and leaves alone what was skipped on purpose", async () => {
  let fails = true;
  const { both, assets } = forked();
  const bad = defineAsset({
    key: "bad",
    deps: { left: both.left },
    run() {
      if (fails) throw new Error("no");
      return 1;
    },
  });
  const ofBad = defineAsset({ key: "of_bad", deps: { bad }, run: () => 1 });
  const all = [...assets, bad, ofBad];
  await using rig = await engineRig({ definitions: [...all, defineJob({ name: "j", assets: all })] });
  const failed = await rig.run("j");
  assert.equal(failed.status, "failed");
  fails = false;
  const again = await rig.engine.commands.reexecute(failed.id, { from: "failure", actor: operator });
  const run = await rig.ended(again);
  assert.deepEqual([run.status, run.steps.map((step) => step.assets.join())], ["succeeded", ["bad", "of_bad"]]);
  await assert.rejects(rig.engine.commands.reexecute(again, { from: "failure", actor: operator }), {
    code: "conflict",
  });
});

test("a canceled run is re-executed from where it was, with its root as its root", async () => {
  let made = 0;
  const open = gate();
  const first = defineAsset({ key: "first", run: () => ++made });
  const second = defineAsset({
    key: "second",
    deps: { first },
    async run({ inputs, signal }) {
      await Promise.race([open.passed, new Promise((resolve) => signal.addEventListener("abort", resolve))]);
      return inputs.first;
    },
  });
  await using rig = await engineRig({
    definitions: [first, second, defineJob({ name: "j", assets: [first, second] })],
  });
  const root = await rig.start("j");
  await rig.settle();
  await rig.engine.commands.cancelRun(root, operator);
  await rig.ended(root);
  const parent = await rig.engine.commands.reexecute(root, { from: "failure", actor: operator });
  open.open();
  await rig.ended(parent);
  const child = await rig.engine.commands.reexecute(parent, { from: { step: 0 }, actor: operator });
  const run = await rig.ended(child);
  assert.deepEqual([run.status, run.parentRunId, run.rootRunId], ["succeeded", parent, root]);
  assert.equal(made, 1);
});
