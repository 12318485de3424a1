import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset, defineJob, type RunKeyPolicy } from "../../../engine/index.ts";
import { engineRig, type EngineRig, gate, operator } from "../../rigs/engine.ts";
import { served } from "../../rigs/served.ts";

/** A job that fails at first, when it is let. */
async function keyRig() {
  const state = { fails: true, open: gate() };
  const one = defineAsset({
    key: "one",
    async run() {
      await state.open.passed;
      if (state.fails) throw new Error("no");
      return 1;
    },
  });
  const rig = await engineRig({ definitions: [one, defineJob({ name: "j", assets: [one] })] });
  return { rig, state };
}

const ask = (rig: EngineRig, keyPolicy?: RunKeyPolicy) =>
  rig.engine.commands.triggerJob("j", { runKey: "monday", keyPolicy, actor: operator });

test("until-success allows another run after one that failed, and none after one that succeeded", async () => {
  const { rig, state } = await keyRig();
  await using _rig = rig;
  const first = await ask(rig, "until-success");
  assert.deepEqual(await ask(rig, "until-success"), { run: first.run, created: false });
  state.open.open();
  await rig.ended(first.run);
  assert.deepEqual(await ask(rig, "once"), { run: first.run, created: false });
  state.fails = false;
  const second = await ask(rig, "until-success");
  assert.equal(second.created, true);
  await rig.ended(second.run);
  assert.deepEqual(await ask(rig, "until-success"), { run: second.run, created: false });
});

test("always allows another run once the one before has ended", async () => {
  const { rig, state } = await keyRig();
  await using _rig = rig;
  state.fails = false;
  const first = await ask(rig, "always");
  assert.deepEqual(await ask(rig, "always"), { run: first.run, created: false });
  state.open.open();
  await rig.ended(first.run);
  assert.equal((await ask(rig, "always")).created, true);
});

test("a keyPolicy without a run key is refused", async () => {
  const { rig } = await keyRig();
  await using _rig = rig;
  await assert.rejects(rig.engine.commands.triggerJob("j", { keyPolicy: "always", actor: operator }), {
    code: "invalid_request",
  });
});

test("the policy of a key and the priority of a queued run are given over HTTP", async () => {
  const { rig, state } = await keyRig();
  await using _rig = rig;
  await rig.engine.access.acceptToken({ name: "ada", role: "operator", token: "operator-token-1" });
  await using server = await served([rig.engine]);
  const post = async (path: string, body: unknown) =>
    await server.request(path, { method: "POST", token: "operator-token-1", body });
  const asked = { runKey: "monday", keyPolicy: "until-success" };
  const first = await post("/api/jobs/j/runs", asked);
  assert.deepEqual([first.status, (await post("/api/jobs/j/runs", asked)).body], [201, first.body]);
  state.open.open();
  await rig.ended(first.body["run"] as string);
  const second = await post("/api/jobs/j/runs", asked);
  assert.equal(second.status, 201);
  assert.notEqual(second.body["run"], first.body["run"]);
  const made = await post("/api/materialize", { assets: ["one"], runKey: "x", keyPolicy: "always" });
  assert.equal(made.status, 202);
  assert.equal((await post("/api/jobs/j/runs", { runKey: "x", keyPolicy: "never" })).status, 400);
  await rig.engine.commands.setLimit({ kind: "runs", key: "", value: "", maximum: 0 }, operator);
  const queued = (await post("/api/jobs/j/runs", {})).body["run"] as string;
  const changed = await post(`/api/runs/${queued}/priority`, { priority: 12 });
  assert.deepEqual([changed.status, changed.body["priority"]], [200, 12]);
  assert.equal((await post(`/api/runs/${queued}/priority`, { priority: 1e7 })).status, 400);
});
