import assert from "node:assert/strict";
import { test } from "node:test";
import {
  defineAsset,
  defineAssetCheck,
  defineJob,
  defineMultiAsset,
  dynamicPartitions,
  type EngineError,
  materialization,
  skip,
  type Verdict,
} from "../../../engine/index.ts";
import { engineRig, type EngineRig, gate, operator } from "../../rigs/engine.ts";

interface Case {
  readonly blocking?: boolean;
  readonly check: () => Verdict | ReturnType<typeof skip> | Promise<Verdict>;
}

/** `release` → `upload`, with one check on the release. */
function releaseWithCheck({ blocking = false, check }: Case) {
  const counts = { release: 0, check: 0, upload: 0 };
  const release = defineAsset({
    key: "release",
    run: () => {
      counts.release++;
      return materialization({
        value: { documents: 0 },
        metadata: { documents: 0 },
        dataVersion: `v${counts.release}`,
      });
    },
  });
  const upload = defineAsset({
    key: "upload",
    deps: { release },
    run: () => {
      counts.upload++;
      return 1;
    },
  });
  const notEmpty = defineAssetCheck({
    name: "not_empty",
    asset: release,
    blocking,
    run: () => {
      counts.check++;
      return check();
    },
  });
  const job = defineJob({ name: "j", assets: [release, upload] });
  return { counts, definitions: [release, upload, notEmpty, job] };
}

const statuses = (run: Awaited<ReturnType<EngineRig["ended"]>>) =>
  run.steps.map((step) => `${step.check ?? step.assets.join("+")} ${step.status}`);

async function eventTypes(rig: EngineRig, runId: string): Promise<readonly string[]> {
  const { items } = await rig.engine.queries.events(runId, { limit: 100 });
  return items.map((event) => event.type);
}

test("a check that passes is a step that succeeds, and what it found is recorded with what it judged", async () => {
  const verdict = { passed: true, description: "it has documents", metadata: { documents: 3 } };
  const { definitions } = releaseWithCheck({ blocking: true, check: () => verdict });
  await using rig = await engineRig({ definitions });
  const run = await rig.run("j");
  assert.equal(run.status, "succeeded");
  assert.deepEqual(statuses(run), ["release succeeded", "release:not_empty succeeded", "upload succeeded"]);
  const evaluation = run.steps[1]?.evaluation;
  assert.deepEqual(evaluation, {
    id: "1",
    check: "release:not_empty",
    partition: null,
    runId: run.id,
    step: 1,
    at: run.steps[1]?.endedAt,
    outcome: "passed",
    passed: true,
    severity: "error",
    blocking: true,
    description: "it has documents",
    metadata: { documents: 3 },
    dataVersion: "v1",
    isCurrent: true,
    error: null,
  });
  assert.deepEqual(run.checks, ["release:not_empty"]);
  assert.deepEqual(run.assets, ["release", "upload"]);
  assert.deepEqual(run.checkCounts, { passed: 1, warned: 0, failed: 0, errored: 0 });
  const [check] = rig.engine.queries.asset("release").checks;
  assert.deepEqual([check?.status, check?.latest], ["passed", evaluation]);
  const { items } = await rig.engine.queries.events(run.id, { limit: 100 });
  const told = items.filter((event) => event.step === 1).map((event) => event.message);
  assert.deepEqual(told, [
    "Step 1 started.",
    "The check release:not_empty passed: it has documents.",
    "Step 1 succeeded: release:not_empty was evaluated.",
  ]);
  const evaluated = items.find((event) => event.type === "check.evaluated");
  assert.deepEqual(evaluated?.data, {
    id: "1",
    check: "release:not_empty",
    asset: "release",
    partition: null,
    outcome: "passed",
    severity: "error",
    blocking: true,
    description: "it has documents",
    dataVersion: "v1",
  });
});

test("a blocking check that fails keeps what depends on its asset from starting, and fails the run by its name", async () => {
  const { counts, definitions } = releaseWithCheck({
    blocking: true,
    check: () => ({ passed: false, description: "the release has no document" }),
  });
  await using rig = await engineRig({ definitions });
  const run = await rig.run("j");
  assert.equal(run.status, "failed");
  assert.deepEqual(statuses(run), ["release succeeded", "release:not_empty failed", "upload skipped"]);
  assert.equal(counts.upload, 0);
  assert.equal(run.steps[2]?.reason, "needs the check release:not_empty, which failed: the release has no document");
  assert.deepEqual(run.steps[1]?.error, { code: "check_failed", message: "the release has no document" });
  assert.deepEqual(run.error, {
    code: "check_failed",
    message: "the check release:not_empty failed: the release has no document",
  });
  assert.equal(run.steps[1]?.evaluation?.outcome, "failed");
  assert.equal(rig.engine.queries.asset("release").status, "materialized");
  assert.equal(rig.engine.queries.asset("upload").status, "missing");
  const types = await eventTypes(rig, run.id);
  assert.equal(types.filter((type) => type === "check.evaluated").length, 1);
  assert.equal(types.filter((type) => type === "step.failed").length, 1);
});

test("a check that fails without blocking, or blocks but only warns, leaves the run succeeded and is shown", async () => {
  for (const [blocking, severity, outcome] of [
    [false, "error", "failed"],
    [true, "warn", "warned"],
    [false, "warn", "warned"],
  ] as const) {
    const { counts, definitions } = releaseWithCheck({ blocking, check: () => ({ passed: false, severity }) });
    await using rig = await engineRig({ definitions });
    const run = await rig.run("j");
    assert.equal(run.status, "succeeded", outcome);
    assert.equal(counts.upload, 1);
    assert.equal(run.steps.find((step) => step.check !== null)?.evaluation?.outcome, outcome);
    assert.equal(run.checkCounts[outcome], 1);
    assert.equal(rig.engine.queries.asset("release").checks[0]?.status, outcome);
  }
});

test("a check whose code throws is errored: its step fails, and nothing is said of the asset", async () => {
  const { counts, definitions } = releaseWithCheck({
    check: () => {
      throw new Error("the store does not answer");
    },
  });
  await using rig = await engineRig({ definitions });
  const run = await rig.run("j");
  assert.equal(run.status, "failed");
  assert.deepEqual(statuses(run), ["release succeeded", "upload succeeded", "release:not_empty failed"]);
  assert.equal(counts.upload, 1);
  const [check] = rig.engine.queries.asset("release").checks;
  assert.equal(check?.status, "errored");
  assert.equal(check?.latest?.passed, null);
  assert.equal(check?.latest?.error?.message, "the store does not answer");
  assert.equal(check?.latest?.dataVersion, "v1");
  assert.equal(rig.engine.queries.asset("release").status, "materialized");
  assert.ok(!(await eventTypes(rig, run.id)).includes("check.evaluated"));
});

test("a blocking check whose code throws keeps what depends on the asset from starting", async () => {
  const { counts, definitions } = releaseWithCheck({ blocking: true, check: () => ({}) as Verdict });
  await using rig = await engineRig({ definitions });
  const run = await rig.run("j");
  assert.deepEqual(statuses(run), ["release succeeded", "release:not_empty failed", "upload skipped"]);
  assert.equal(run.steps[1]?.error?.code, "bad_value");
  assert.equal(counts.upload, 0);
});

test("a blocking check that skips itself is in nobody's way and records nothing", async () => {
  const { definitions } = releaseWithCheck({ blocking: true, check: () => skip("nothing to compare with") });
  await using rig = await engineRig({ definitions });
  const run = await rig.run("j");
  assert.equal(run.status, "succeeded");
  assert.deepEqual(statuses(run), ["release succeeded", "release:not_empty skipped", "upload succeeded"]);
  assert.equal(rig.engine.queries.asset("release").checks[0]?.status, "unevaluated");
});

test("a blocking check that could not be asked, because what it reads failed, does not let pass", async () => {
  const release = defineAsset({ key: "release", run: () => 1 });
  const list = defineAsset({
    key: "list",
    run: (): number => {
      throw new Error("no list");
    },
  });
  const upload = defineAsset({ key: "upload", deps: { release }, run: () => 1 });
  const listed = defineAssetCheck({
    name: "listed",
    asset: release,
    deps: { list },
    blocking: true,
    run: () => ({ passed: true }),
  });
  const job = defineJob({ name: "j", assets: [release, list, upload] });
  await using rig = await engineRig({ definitions: [release, list, upload, listed, job] });
  const run = await rig.run("j");
  assert.equal(rig.step(run.id, "upload").status, "skipped");
  assert.equal(rig.step(run.id, "upload").reason, "needs the check release:listed, which was skipped");
});

test("a check reads value, metadata, what was made before, other assets and its partition", async () => {
  const sources = dynamicPartitions("sources", { dimension: "source" });
  let documents = 10;
  const seen: unknown[] = [];
  const names = defineAsset({ key: "names", run: () => ["iris"] });
  const release = defineAsset({
    key: "release",
    partitions: sources,
    run: () => materialization({ value: { documents }, metadata: { documents }, dataVersion: `v${documents}` }),
  });
  const similar = defineAssetCheck({
    name: "similar",
    asset: release,
    deps: { names },
    run({ value, metadata, made, previous, partition, inputs, run, attempt }) {
      const { runId, ...judged } = made;
      assert.equal(runId, run.id);
      seen.push({ value, metadata, judged, previous: previous?.metadata, key: partition.key, inputs, attempt });
      return { passed: true };
    },
  });
  const job = defineJob({ name: "j", assets: [names, release] });
  await using rig = await engineRig({ definitions: [names, release, similar, job] });
  await rig.engine.commands.addPartitions("sources", { keys: ["iris"], actor: operator });
  await rig.run("j", "iris");
  documents = 4;
  await rig.run("j", "iris");
  const common = { key: "iris", inputs: { names: ["iris"] }, attempt: 1 };
  const atMs = rig.clock.now();
  const one = (count: number) => ({
    value: { documents: count },
    metadata: { documents: count },
    judged: { atMs, dataVersion: `v${count}`, codeVersion: null, metadata: { documents: count } },
  });
  assert.deepEqual(seen, [
    { ...one(10), previous: undefined, ...common },
    { ...one(4), previous: { documents: 10 }, ...common },
  ]);
});

test("a check's code is tried again as its policy says, and a verdict never is", async () => {
  let attempts = 0;
  let verdicts = 0;
  const release = defineAsset({ key: "release", run: () => 1 });
  const flaky = defineAssetCheck({
    name: "flaky",
    asset: release,
    blocking: true,
    retry: { attempts: 3, delayMs: 1000, jitter: 0 },
    run({ attempt }) {
      attempts = attempt;
      if (attempt < 2) throw new Error("not yet");
      verdicts++;
      return { passed: false };
    },
  });
  const job = defineJob({ name: "j", assets: [release] });
  await using rig = await engineRig({ definitions: [release, flaky, job] });
  const id = await rig.start("j");
  await rig.settle();
  assert.equal(rig.engine.queries.run(id).steps[1]?.status, "waiting");
  assert.equal(rig.engine.queries.asset("release").checks[0]?.status, "unevaluated");
  await rig.advance(1000);
  const run = await rig.ended(id);
  assert.equal(run.status, "failed");
  assert.deepEqual([attempts, verdicts], [2, 1]);
  await rig.advance(10_000);
  assert.equal(verdicts, 1);
});

test("a check over its time limit is errored", async () => {
  const release = defineAsset({ key: "release", run: () => 1 });
  const slow = defineAssetCheck({
    name: "slow",
    asset: release,
    timeoutMs: 500,
    run: ({ signal }) =>
      new Promise<Verdict>((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason as EngineError)),
      ),
  });
  await using rig = await engineRig({ definitions: [release, slow, defineJob({ name: "j", assets: [release] })] });
  const id = await rig.start("j");
  await rig.advance(500);
  const run = await rig.ended(id);
  assert.equal(run.steps[1]?.error?.code, "timeout");
  assert.equal(run.steps[1]?.evaluation?.outcome, "errored");
});

test("a check judges what its own run made, even where another run has made it again meanwhile", async () => {
  const open = gate();
  let made = 0;
  const release = defineAsset({ key: "release", run: () => ++made });
  const pool = defineAsset({ key: "holder", pool: "p", run: () => open.passed.then(() => 1) });
  const seen: unknown[] = [];
  const same = defineAssetCheck({
    name: "same",
    asset: release,
    pool: "p",
    run({ value, run }) {
      seen.push([value, run.job]);
      return { passed: true };
    },
  });
  await using rig = await engineRig({
    definitions: [
      release,
      pool,
      same,
      defineJob({ name: "hold", assets: [pool] }),
      defineJob({ name: "first", assets: [release] }),
      defineJob({ name: "second", assets: [release], checks: [] }),
    ],
    limits: [{ kind: "pool", key: "p", maximum: 1 }],
  });
  await rig.start("hold");
  await rig.settle();
  const first = await rig.start("first");
  await rig.settle();
  assert.match(rig.engine.queries.run(first).steps[1]?.waitReason ?? "", /pool p/);
  await rig.run("second");
  open.open();
  const run = await rig.ended(first);
  assert.deepEqual(seen, [[1, "first"]]);
  assert.equal(run.steps[1]?.evaluation?.isCurrent, false);
  assert.equal(rig.engine.queries.asset("release").checks[0]?.status, "outdated");
});

test("a check of an asset that its multi-asset did not make this time has nothing to judge", async () => {
  let isWhole = true;
  const both = defineMultiAsset({
    assets: { left: { key: "left" }, right: { key: "right" } },
    run: () => (isWhole ? { left: 1, right: 2 } : { left: 3 }),
  });
  const seen: unknown[] = [];
  const check = defineAssetCheck({
    name: "any",
    asset: both.right,
    blocking: true,
    run({ value }) {
      seen.push(value);
      return { passed: true };
    },
  });
  const after = defineAsset({ key: "after", deps: { right: both.right }, run: () => 1 });
  const job = defineJob({ name: "j", assets: [both.left, both.right, after] });
  await using rig = await engineRig({ definitions: [both.left, both.right, check, after, job] });
  await rig.run("j");
  isWhole = false;
  const run = await rig.run("j");
  assert.equal(run.status, "succeeded");
  assert.deepEqual(statuses(run), ["left+right succeeded", "right:any skipped", "after skipped"]);
  assert.equal(run.steps[1]?.reason, "needs right, which its step did not make");
  assert.deepEqual(seen, [2]);
});

test("one partition's failed check does not touch another's", async () => {
  const sources = dynamicPartitions("sources");
  const release = defineAsset({ key: "release", partitions: sources, run: ({ partition }) => partition.key });
  const upload = defineAsset({ key: "upload", partitions: sources, deps: { release }, run: () => 1 });
  const check = defineAssetCheck({
    name: "good",
    asset: release,
    blocking: true,
    run: ({ value }) => ({ passed: value !== "bad" }),
  });
  await using rig = await engineRig({ definitions: [release, upload, check] });
  await rig.engine.commands.addPartitions("sources", { keys: ["bad", "fine", "good"], actor: operator });
  const request = { assets: ["release", "upload"], partitions: "all" } as const;
  const { backfill } = await rig.engine.commands.materialize(request, operator);
  const ended = await rig.endedBackfill(backfill ?? "");
  assert.deepEqual([ended.succeeded, ended.failed], [2, 1]);
  assert.deepEqual([ended.assets, ended.checks], [["release", "upload"], ["release:good"]]);
  const { partitions } = rig.engine.queries.asset("upload");
  assert.deepEqual([partitions?.materialized, partitions?.missing], [2, 1]);
  const [view] = rig.engine.queries.asset("release").checks;
  assert.deepEqual(view?.partitions, {
    total: 3,
    passed: 2,
    warned: 0,
    failed: 1,
    errored: 0,
    outdated: 0,
    unevaluated: 0,
  });
  assert.equal(view?.status, "failed");
});
