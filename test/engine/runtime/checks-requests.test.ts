import assert from "node:assert/strict";
import { test } from "node:test";
import {
  defineAsset,
  defineAssetCheck,
  defineJob,
  defineSchedule,
  dynamicPartitions,
  productPartitions,
  type Verdict,
} from "../../../engine/index.ts";
import type { MaterializeRequest } from "../../../engine/runtime/operations.ts";
import { engineRig, type EngineRig, operator } from "../../rigs/engine.ts";

const sources = dynamicPartitions("sources", { dimension: "source" });
const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
const pairs = productPartitions("pairs", { source: sources, tenant: tenants });

let verdicts: Readonly<Record<string, Verdict>> = {};
const names = defineAsset({ key: "names", run: () => 1 });
const release = defineAsset({ key: "release", partitions: sources, run: ({ partition }) => partition.key });
const upload = defineAsset({ key: "upload", partitions: pairs, deps: { release }, run: () => 1 });
const good = defineAssetCheck({
  name: "good",
  asset: release,
  run: ({ value }) => verdicts[value] ?? { passed: true },
});
const loaded = defineAssetCheck({ name: "loaded", asset: upload, run: () => ({ passed: true }) });
const releaseJob = defineJob({ name: "release_job", assets: [release] });
const nightly = defineSchedule({
  name: "nightly",
  cron: "@daily",
  evaluate: () => ({ runs: [{ job: releaseJob, partition: "a", reason: "due" }], reason: "due" }),
});
const definitions = [tenants, names, release, upload, good, loaded, releaseJob, nightly];

async function rigWithKeys(): Promise<EngineRig> {
  verdicts = {};
  const rig = await engineRig({ definitions });
  await rig.engine.commands.addPartitions("sources", { keys: ["a", "b"], actor: operator });
  await rig.engine.commands.addPartitions("tenants", { keys: ["eco"], actor: operator });
  await rig.engine.commands.addPartitions("pairs", { keys: ["a|eco", "b|eco"], actor: operator });
  return rig;
}

/** The steps of the one run that a request makes. */
async function stepsOf(rig: EngineRig, request: MaterializeRequest): Promise<readonly string[]> {
  const { runs } = await rig.engine.commands.materialize(request, operator);
  const run = await rig.ended(runs[0] ?? "");
  assert.equal(run.status, "succeeded", JSON.stringify(run.error));
  return run.steps.map((step) => `${step.check ?? step.assets.join("+")} ${step.partition}`);
}

test("an asset is made with its checks, without them, or only checked, as the request says", async () => {
  await using rig = await rigWithKeys();
  const request = { assets: ["release"], partitions: ["a"] };
  assert.deepEqual(await stepsOf(rig, request), ["release a", "release:good a"]);
  assert.deepEqual(await stepsOf(rig, { ...request, checks: "all" }), ["release a", "release:good a"]);
  assert.deepEqual(await stepsOf(rig, { ...request, checks: "none" }), ["release a"]);
  assert.deepEqual(await stepsOf(rig, { ...request, checks: [] }), ["release a"]);
  assert.deepEqual(await stepsOf(rig, { ...request, checks: "only" }), ["release:good a"]);
  assert.deepEqual(await stepsOf(rig, { job: "release_job", partitions: ["a"], checks: "only" }), ["release:good a"]);
  assert.deepEqual(await stepsOf(rig, { job: "release_job", partitions: ["a"], checks: "none" }), ["release a"]);
});

test("checks are evaluated alone by their keys, at whichever partitions", async () => {
  await using rig = await rigWithKeys();
  await stepsOf(rig, { assets: ["release"], partitions: ["a"], checks: "none" });
  assert.deepEqual(await stepsOf(rig, { checks: ["release:good"], partitions: ["a"] }), ["release:good a"]);
  const { runs } = await rig.engine.commands.materialize(
    { checks: ["release:good"], partitions: { source: "a" } },
    operator,
  );
  const run = await rig.ended(runs[0] ?? "");
  assert.deepEqual([run.assets, run.checks, run.partition], [[], ["release:good"], "a"]);
  const ofAsset = await rig.engine.queries.runs({ asset: "release" });
  assert.ok(
    ofAsset.items.some((item) => item.id === run.id),
    "a run that checks an asset is one of its runs",
  );
});

test("a request that selects nothing to make or to check is refused", async () => {
  await using rig = await rigWithKeys();
  const refused = (request: MaterializeRequest, expected: object) =>
    assert.rejects(rig.engine.commands.materialize(request, operator), expected);
  await refused({ checks: "only" }, { code: "invalid_request", message: /name checks alone/ });
  await refused({ checks: [] }, { code: "invalid_request" });
  await refused({ assets: ["names"], checks: "only" }, { code: "invalid_request", message: /has no checks/ });
  await refused({ checks: ["release:bad"] }, { code: "not_found", message: 'there is no check "release:bad"' });
  await refused(
    { checks: ["release:good"] },
    { code: "invalid_request", message: /release:good is partitioned by "sources"; say which partitions/ },
  );
});

test("of checks alone, missing means not evaluated since the asset was made, and failed not passed", async () => {
  await using rig = await rigWithKeys();
  const evaluate = async (partitions: "missing" | "failed"): Promise<readonly string[]> => {
    const preview = await rig.engine.commands.preview({ checks: ["release:good"], partitions });
    return preview.waves[0]?.keys ?? [];
  };
  assert.deepEqual(await evaluate("missing"), []);
  await rig.engine.commands.materialize({ assets: ["release"], partitions: ["a"], checks: "none" }, operator);
  await rig.settle();
  assert.deepEqual(await evaluate("missing"), ["a"]);
  verdicts = { a: { passed: false, severity: "warn" } };
  await stepsOf(rig, { checks: ["release:good"], partitions: "missing" });
  assert.deepEqual(await evaluate("missing"), []);
  assert.deepEqual(await evaluate("failed"), ["a"]);
  verdicts = {};
  await stepsOf(rig, { checks: ["release:good"], partitions: "failed" });
  assert.deepEqual(await evaluate("failed"), []);
  await stepsOf(rig, { assets: ["release"], partitions: ["a"], checks: "none" });
  assert.deepEqual(await evaluate("missing"), ["a"]);
});

test("a preview names the checks and where they would be evaluated", async () => {
  await using rig = await rigWithKeys();
  const preview = await rig.engine.commands.preview({ assets: ["release", "upload"], partitions: "all" });
  assert.deepEqual(
    preview.waves.map((wave) => [wave.assets, wave.checks, wave.keys]),
    [
      [["release"], ["release:good"], ["a", "b"]],
      [["upload"], ["upload:loaded"], ["a|eco", "b|eco"]],
    ],
  );
  assert.deepEqual(
    preview.waves[0]?.firstRun.map((step) => [step.assets, step.check, step.partition, step.after]),
    [
      [["release"], null, "a", []],
      [[], "release:good", "a", [0]],
    ],
  );
  assert.equal(preview.steps, 8);
});

test("a backfill evaluates checks alone, a partition a run", async () => {
  await using rig = await rigWithKeys();
  const make = { assets: ["release"], partitions: "all", checks: "none" } as const;
  await rig.endedBackfill((await rig.engine.commands.materialize(make, operator)).backfill ?? "");
  const { backfill } = await rig.engine.commands.materialize({ checks: ["release:good"], partitions: "all" }, operator);
  const ended = await rig.endedBackfill(backfill ?? "");
  assert.deepEqual([ended.status, ended.assets, ended.checks], ["succeeded", [], ["release:good"]]);
  assert.equal(rig.engine.queries.asset("release").checks[0]?.partitions?.passed, 2);
});

test("a queued backfill of a check that left the code fails and says so", async () => {
  await using rig = await engineRig({ definitions, limits: [{ kind: "runs", maximum: 0 }] });
  await rig.engine.commands.addPartitions("sources", {
    keys: Array.from({ length: 1200 }, (_, at) => `s${at}`),
    actor: operator,
  });
  const { backfill } = await rig.engine.commands.materialize({ checks: ["release:good"], partitions: "all" }, operator);
  await rig.settle();
  const after = await rig.crash([names, release, upload, loaded]);
  await after.engine.commands.setLimit({ kind: "runs", key: "", value: "", maximum: 10 }, operator);
  const ended = await after.endedBackfill(backfill ?? "");
  assert.equal(ended.status, "failed");
  assert.match(ended.error?.message ?? "", /release:good is not in the code any more/);
});

test("what a schedule asks for runs the checks of its job", async () => {
  await using rig = await rigWithKeys();
  const { tick } = await rig.engine.commands.evaluate("nightly", {
    atMs: rig.clock.now(),
    launch: true,
    actor: operator,
  });
  const run = await rig.ended(tick?.runs[0] ?? "");
  assert.deepEqual(run.checks, ["release:good"]);
  assert.deepEqual(rig.engine.queries.jobs()[0]?.checks, ["release:good"]);
});

test("a check is re-executed by its step, and from failure with what it kept back", async () => {
  const base = defineAsset({ key: "base", run: () => 1 });
  const next = defineAsset({ key: "next", deps: { base }, run: () => 1 });
  let passed = false;
  const gate = defineAssetCheck({ name: "gate", asset: base, blocking: true, run: () => ({ passed }) });
  const job = defineJob({ name: "j", assets: [base, next] });
  await using rig = await engineRig({ definitions: [base, next, gate, job] });
  const failed = await rig.run("j");
  assert.equal(failed.status, "failed");
  passed = true;
  const again = await rig.ended(await rig.engine.commands.reexecute(failed.id, { from: "failure", actor: operator }));
  assert.equal(again.status, "succeeded");
  assert.deepEqual(
    again.steps.map((step) => step.check ?? step.assets[0]),
    ["base:gate", "next"],
  );
  const third = await rig.ended(await rig.engine.commands.reexecute(again.id, { from: { step: 0 }, actor: operator }));
  assert.equal(third.steps.length, 2);
  assert.equal((await rig.engine.queries.evaluations("base", { check: "gate" })).items.length, 3);
});
