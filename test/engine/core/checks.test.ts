import assert from "node:assert/strict";
import { test } from "node:test";
import { afterEnd, type Asset, defineAsset, defineMultiAsset } from "../../../engine/core/assets.ts";
import { buildCatalog, type Definition } from "../../../engine/core/catalog.ts";
import { type AssetCheck, defineAssetCheck } from "../../../engine/core/checks.ts";
import { defineJob } from "../../../engine/core/jobs.ts";
import { readReturn, skip } from "../../../engine/core/outcome.ts";
import { dynamicPartitions, productPartitions } from "../../../engine/core/partitions.ts";
import { type Anchor, haveOnePlan, planRun } from "../../../engine/core/plan.ts";
import { reexecutionPlan } from "../../../engine/core/reexecution.ts";
import { targetsOfJob } from "../../../engine/core/targets.ts";
import { cutIntoWaves } from "../../../engine/core/waves.ts";
import { listedPartitions } from "../../rigs/listed-partitions.ts";

const sources = dynamicPartitions("sources", { dimension: "source" });
const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
const pairs = productPartitions("pairs", { source: sources, tenant: tenants });
const passes = () => ({ passed: true });

const fetch = defineAsset({ key: "fetch", partitions: sources, run: () => 1 });
const release = defineAsset({ key: "release", partitions: sources, deps: { fetch }, run: () => 1 });
const upload = defineAsset({ key: "upload", partitions: pairs, deps: { release }, run: () => 1 });
const report = defineAsset({
  key: "report",
  partitions: sources,
  deps: { release: afterEnd(release) },
  run: () => 1,
});
const notEmpty = defineAssetCheck({ name: "not_empty", asset: release, blocking: true, run: passes });
const similar = defineAssetCheck({ name: "similar", asset: release, severity: "warn", run: passes });
const loaded = defineAssetCheck({ name: "loaded", asset: upload, run: passes });
const definitions = [fetch, release, upload, report, notEmpty, similar, loaded];
const catalogOf = (all: readonly Definition[]) =>
  buildCatalog(all.map((definition) => ({ definition, location: "test" })));
const catalog = catalogOf(definitions);
const index = listedPartitions({ sources: ["iris"], tenants: ["eco", "deep"], pairs: ["iris|eco", "iris|deep"] });
const iris: Anchor = { set: sources, key: "iris" };

function spelled(assets: readonly Asset[], checks: readonly AssetCheck[], anchor: Anchor | null = iris) {
  const { steps } = planRun({ catalog, assets, checks, anchor, index, reason: "selected" });
  return steps.map((step) => {
    const at = step.partition === null ? "" : step.partition.of === "run" ? "@run" : `@${step.partition.key}`;
    const ends = step.afterEnd.length === 0 ? "" : ` ends ${step.afterEnd.join(",")}`;
    return `${step.check ?? step.assets.join("+")}${at} after ${step.after.join(",")}${ends}`;
  });
}

test("a check is a step after its asset's, and a blocking one stands before what depends on the asset", () => {
  assert.deepEqual(spelled([fetch, release, upload], [notEmpty, similar]), [
    "fetch@run after ",
    "release@run after 0",
    "release:not_empty@run after 1",
    "release:similar@run after 1",
    "upload@iris|deep after 1,2",
    "upload@iris|eco after 1,2",
  ]);
});

test("what waits for an asset's end alone does not wait for its checks", () => {
  assert.deepEqual(spelled([release, report], [notEmpty]), [
    "release@run after ",
    "report@run after  ends 0",
    "release:not_empty@run after 0",
  ]);
});

test("a check is planned at each partition at which its asset is", () => {
  assert.deepEqual(spelled([upload], [loaded]), [
    "upload@iris|deep after ",
    "upload@iris|eco after ",
    "upload:loaded@iris|deep after 0",
    "upload:loaded@iris|eco after 1",
  ]);
});

test("a check alone is one step that waits for nothing", () => {
  assert.deepEqual(spelled([], [similar]), ["release:similar@run after "]);
  const [step] = planRun({ catalog, assets: [], checks: [similar], anchor: iris, index, reason: "selected" }).steps;
  assert.deepEqual(step?.assets, []);
  assert.equal(step?.reason, "checks release (selected)");
});

test("a blocking check of one asset of a multi-asset leaves the other's downstream alone", () => {
  const both = defineMultiAsset({
    assets: { left: { key: "left" }, right: { key: "right" } },
    run: () => ({ left: 1, right: 2 }),
  });
  const ofLeft = defineAsset({ key: "of_left", deps: { left: both.left }, run: () => 1 });
  const ofRight = defineAsset({ key: "of_right", deps: { right: both.right }, run: () => 1 });
  const gate = defineAssetCheck({ name: "gate", asset: both.left, blocking: true, run: passes });
  const own = catalogOf([both.left, both.right, ofLeft, ofRight, gate]);
  const assets = [both.left, both.right, ofLeft, ofRight];
  const { steps } = planRun({ catalog: own, assets, checks: [gate], anchor: null, index, reason: "selected" });
  assert.deepEqual(
    steps.map((step) => [step.check ?? step.assets.join("+"), step.after]),
    [
      ["left+right", []],
      ["of_right", [0]],
      ["left:gate", [0]],
      ["of_left", [0, 2]],
    ],
  );
});

test("a check may read other assets, and waits for those that its run makes", () => {
  const compare = defineAssetCheck({ name: "compare", asset: release, deps: { upload }, run: passes });
  const own = catalogOf([...definitions, compare]);
  const plan = planRun({
    catalog: own,
    assets: [release, upload],
    checks: [compare],
    anchor: iris,
    index,
    reason: "selected",
  });
  assert.deepEqual(plan.steps.at(-1)?.check, "release:compare");
  assert.deepEqual(plan.steps.at(-1)?.after, [0, 1, 2]);
});

test("a blocking check that reads what waits for it is refused as a circle", () => {
  const circle = defineAssetCheck({ name: "circle", asset: release, blocking: true, deps: { upload }, run: passes });
  assert.throws(() => catalogOf([...definitions, circle]), {
    code: "definition",
    message: /upload, .*release:circle.* wait for each other in a circle/,
  });
});

test("a job runs the checks of its assets unless it names others, or none", () => {
  const keys = (job: ReturnType<typeof defineJob>) => targetsOfJob(catalog, job).checks.map((check) => check.key);
  assert.deepEqual(keys(defineJob({ name: "all", assets: [upload, release] })), [
    "upload:loaded",
    "release:not_empty",
    "release:similar",
  ]);
  assert.deepEqual(keys(defineJob({ name: "some", assets: [release], checks: [loaded] })), ["upload:loaded"]);
  assert.deepEqual(keys(defineJob({ name: "none", assets: [release], checks: [] })), []);
  assert.equal(defineJob({ name: "alone", assets: [], checks: [similar] }).partitions, sources);
  assert.throws(() => defineJob({ name: "nothing", assets: [], checks: [] }), /selects no asset/);
});

test("checks go into the wave of their asset, or into one behind what they read", () => {
  const compare = defineAssetCheck({ name: "compare", asset: release, deps: { upload }, run: passes });
  const own = catalogOf([...definitions, compare]);
  const waves = cutIntoWaves(own, { assets: [release, upload], checks: [similar, loaded, compare] });
  assert.deepEqual(
    waves.map(({ set, assets, checks }) => [set?.name, [...assets, ...checks].map((one) => one.key)]),
    [
      ["sources", ["release", "release:similar"]],
      ["pairs", ["upload", "upload:loaded"]],
      ["sources", ["release:compare"]],
    ],
  );
  assert.equal(haveOnePlan({ assets: [release], checks: [similar] }, sources), true);
  assert.equal(haveOnePlan({ assets: [release], checks: [loaded] }, sources), false);
});

test("re-executed from failure, a check that failed is done again with what it kept from starting", () => {
  const plan = planRun({
    catalog,
    assets: [release, upload],
    checks: [notEmpty],
    anchor: iris,
    index,
    reason: "selected",
  });
  const again = reexecutionPlan(plan, { statuses: ["succeeded", "failed", "skipped", "skipped"], from: "failure" });
  assert.deepEqual(
    again.steps.map((step) => [step.check ?? step.assets[0], step.after]),
    [
      ["release:not_empty", []],
      ["upload", [0]],
      ["upload", [0]],
    ],
  );
});

test("a check whose asset or name cannot be is refused, and so are two of one name", () => {
  assert.throws(() => defineAssetCheck({ name: "a b", asset: release, run: passes }), /check "a b" is not a name/);
  assert.throws(() => defineAssetCheck({ name: "a:b", asset: release, run: passes }), /check "a:b" is not a name/);
  const lost = undefined as unknown as typeof release;
  assert.throws(() => defineAssetCheck({ name: "lost", asset: lost, run: passes }), /"lost" is of no asset/);
  assert.throws(
    () => defineAssetCheck({ name: "own", asset: release, deps: { "": fetch }, run: passes }),
    /needs a name/,
  );
  const twin = defineAssetCheck({ name: "similar", asset: release, run: passes });
  assert.throws(() => catalogOf([...definitions, twin]), /check "release:similar" is defined twice/);
  const missing = catalogOf.bind(null, [fetch, similar]);
  assert.throws(missing, /check "release:similar" names the asset "release", which no module exports/);
  const reads = defineAssetCheck({ name: "reads", asset: fetch, deps: { upload }, run: passes });
  assert.throws(
    () => catalogOf([fetch, reads]),
    /check "fetch:reads" depends on "upload", but no loaded module exports/,
  );
  const job = defineJob({ name: "j", assets: [fetch], checks: [similar] });
  assert.throws(() => catalogOf([fetch, release, job]), /job "j" names the check "release:similar", which no module/);
});

const verdictOf = (returned: unknown) => readReturn(similar.step, returned);

test("a verdict takes its check's severity where it names none", () => {
  assert.deepEqual(verdictOf({ passed: false, description: "half are gone", metadata: { before: 10, now: 5 } }), {
    type: "checked",
    verdict: {
      passed: false,
      severity: "warn",
      description: "half are gone",
      metadata: { before: 10, now: 5 },
    },
  });
  assert.deepEqual(verdictOf({ passed: false, severity: "error" }), {
    type: "checked",
    verdict: { passed: false, severity: "error", description: "", metadata: {} },
  });
  assert.deepEqual(verdictOf(skip("nothing to compare with")), { type: "skip", reason: "nothing to compare with" });
});

test("what is no verdict is refused and says what one is", () => {
  for (const returned of [undefined, null, true, "passed", {}, { passed: "yes" }, { passed: 1 }]) {
    assert.throws(() => verdictOf(returned), { code: "bad_value", message: /a check returns \{ passed/ });
  }
  assert.throws(() => verdictOf({ passed: true, severity: "fatal" }), /a severity other than warn, error/);
  assert.throws(() => verdictOf({ passed: true, description: 3 }), /a description that is no text/);
});

test("a description without end is cut", () => {
  const returned = verdictOf({ passed: true, description: "x".repeat(10_000) });
  assert.ok(returned.type === "checked");
  assert.equal(returned.verdict.description.length, 4001);
});
