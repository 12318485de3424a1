import assert from "node:assert/strict";
import { test } from "node:test";
import { afterEnd, type Asset, defineAsset, defineMultiAsset, mapped } from "../../../engine/core/assets.ts";
import { buildCatalog } from "../../../engine/core/catalog.ts";
import { dynamicPartitions, productPartitions } from "../../../engine/core/partitions.ts";
import { type Anchor, planRun, relatedKeys, type RunPlan } from "../../../engine/core/plan.ts";
import { cutIntoWaves } from "../../../engine/core/waves.ts";
import { listedPartitions } from "../../rigs/listed-partitions.ts";

const sources = dynamicPartitions("sources", { dimension: "source" });
const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
const pairs = productPartitions("pairs", { source: sources, tenant: tenants });

const names = defineAsset({ key: "names", run: () => 1 });
const fetch = defineAsset({ key: "fetch", partitions: sources, deps: { names }, run: () => 1 });
const release = defineAsset({ key: "release", partitions: sources, deps: { fetch }, run: () => 1 });
const spaces = defineAsset({ key: "spaces", partitions: tenants, run: () => 1 });
const upload = defineAsset({ key: "upload", partitions: pairs, deps: { release, spaces }, run: () => 1 });
const graphReport = defineAsset({
  key: "graph_report",
  partitions: sources,
  deps: { release, upload: afterEnd(upload) },
  run: () => 1,
});
const tenantReport = defineAsset({
  key: "tenant_report",
  partitions: tenants,
  deps: { upload, release },
  run: () => 1,
});
const all = [names, fetch, release, spaces, upload, graphReport, tenantReport];
const catalog = buildCatalog([...all, pairs].map((definition) => ({ definition, location: "test" })));
const index = listedPartitions({
  sources: ["iris", "ocean", "rocks"],
  tenants: ["eco", "deep"],
  pairs: ["iris|eco", "iris|deep", "ocean|eco", "gone|eco"],
});

const iris: Anchor = { set: sources, key: "iris" };

function plan(assets: readonly Asset[], anchor: Anchor | null): RunPlan {
  return planRun({ catalog, assets, checks: [], anchor, index, reason: "selected" });
}

/** `asset@partition` and the ordinals it waits for. */
function spelled({ steps }: RunPlan): readonly string[] {
  return steps.map((step) => {
    const at = step.partition === null ? "" : step.partition.of === "run" ? "@run" : `@${step.partition.key}`;
    const ends = step.afterEnd.length === 0 ? "" : ` ends ${step.afterEnd.join(",")}`;
    return `${step.assets.join("+")}${at} after ${step.after.join(",")}${ends}`;
  });
}

test("a plan's steps come upstream first and wait for those they read, whatever the order of the selection", () => {
  assert.deepEqual(spelled(plan([release, names, fetch], iris)), [
    "names after ",
    "fetch@run after 0",
    "release@run after 1",
  ]);
});

test("a step waits only for steps of its own run", () => {
  assert.deepEqual(spelled(plan([release], iris)), ["release@run after "]);
  assert.deepEqual(spelled(plan([names, release], iris)), ["names after ", "release@run after "]);
});

test("one source is loaded once for each of its tenants, and what comes after all of them waits for all", () => {
  const made = plan([release, upload, graphReport], iris);
  assert.deepEqual(spelled(made), [
    "release@run after ",
    "upload@iris|deep after 0",
    "upload@iris|eco after 0",
    "graph_report@run after 0 ends 1,2",
  ]);
  assert.deepEqual(
    made.steps.map((step) => step.reason),
    ["selected", "source iris → source iris, tenant deep", "source iris → source iris, tenant eco", "selected"],
  );
});

test("asked for by a pair, only that pair is loaded, from the source that it names", () => {
  assert.deepEqual(spelled(plan([release, upload], { set: pairs, key: "iris|eco" })), [
    "release@iris after ",
    "upload@run after 0",
  ]);
});

test("asked for by a tenant, a report gathers its pairs and, through them, its sources", () => {
  assert.deepEqual(spelled(plan([release, upload, tenantReport], { set: tenants, key: "eco" })), [
    "release@iris after ",
    "release@ocean after ",
    "upload@gone|eco after ",
    "upload@iris|eco after 0",
    "upload@ocean|eco after 1",
    "tenant_report@run after 0,1,2,3,4",
  ]);
});

test("keys relate through the pairs that exist, without those that are retired", () => {
  const related = (from: Anchor, to: typeof sources | typeof tenants): readonly string[] =>
    relatedKeys(from, to, { catalog, index });
  assert.deepEqual(related({ set: tenants, key: "eco" }, sources), ["iris", "ocean"]);
  assert.deepEqual(related({ set: tenants, key: "absent" }, sources), []);
  assert.deepEqual(related({ set: sources, key: "iris" }, tenants), ["deep", "eco"]);
});

test("dimensions of one base set join by name, each with its own value", () => {
  const people = dynamicPartitions("people");
  const edges = productPartitions("edges", { from: people, to: people });
  const dated = productPartitions("dated", { to: people, source: sources, from: people });
  const keys = listedPartitions({ dated: ["bob|iris|ada", "ada|iris|bob", "bob|ocean|ada", "ada|iris|ada"] });
  const related = relatedKeys({ set: edges, key: "ada|bob" }, dated, { catalog, index: keys });
  assert.deepEqual(related, ["bob|iris|ada", "bob|ocean|ada"]);
});

test("a mapping function says which partitions are read", () => {
  const before: Readonly<Record<string, string>> = { ocean: "iris", rocks: "ocean" };
  const chained = defineAsset({
    key: "chained",
    partitions: pairs,
    deps: { release: mapped(release, ({ parts }) => [before[parts["source"] ?? ""] ?? "", parts["source"] ?? ""]) },
    run: () => 1,
  });
  const own = buildCatalog([names, fetch, release, chained].map((definition) => ({ definition, location: "test" })));
  const byTenant = planRun({
    catalog: buildCatalog(
      [names, fetch, release, spaces, chained].map((definition) => ({ definition, location: "test" })),
    ),
    assets: [release, chained],
    checks: [],
    anchor: { set: tenants, key: "eco" },
    index,
    reason: "selected",
  });
  assert.equal(own.graph.hasDirectedEdge("release", "chained"), true);
  assert.deepEqual(spelled(byTenant), [
    "release@iris after ",
    "release@ocean after ",
    "chained@gone|eco after ",
    "chained@iris|eco after 0",
    "chained@ocean|eco after 0,1",
  ]);
});

test("a multi-asset is one step, however many of its assets are selected", () => {
  const both = defineMultiAsset({
    assets: { left: { key: "left" }, right: { key: "right" } },
    run: () => ({ left: 1, right: 2 }),
  });
  const own = buildCatalog([both.left, both.right].map((definition) => ({ definition, location: "test" })));
  for (const assets of [[both.left], [both.right, both.left]]) {
    const made = planRun({ catalog: own, assets, checks: [], anchor: null, index, reason: "selected" });
    assert.deepEqual(spelled(made), ["left+right after "]);
  }
});

test("a plan that lacks its partition is refused and says which set it is of", () => {
  assert.throws(() => plan([release], null), {
    code: "invalid_request",
    message: '"release" is partitioned by "sources"; say which partitions',
  });
});

test("a plan without a partition that relates to the asked one is empty", () => {
  assert.deepEqual(plan([upload], { set: sources, key: "rocks" }), { steps: [] });
  assert.deepEqual(plan([], null), { steps: [] });
});

test("a run of more steps than the bound is refused", () => {
  const many = listedPartitions({ pairs: Array.from({ length: 10_001 }, (_, at) => `iris|tenant ${at}`) });
  assert.throws(
    () => planRun({ catalog, assets: [upload], checks: [], anchor: iris, index: many, reason: "selected" }),
    { code: "invalid_request", message: /over 10000 steps/ },
  );
});

test("the same plan is made whichever way it is asked for", () => {
  const first = plan([graphReport, upload, release], iris);
  assert.deepEqual(first, plan([release, graphReport, upload], iris));
});

test("differently partitioned assets are cut into waves, upstream before downstream", () => {
  const spelledWaves = (assets: readonly Asset[]): readonly string[] =>
    cutIntoWaves(catalog, { assets, checks: [] }).map(
      (wave) => `${wave.set?.name ?? "-"}: ${wave.assets.map((asset) => asset.key).join(" ")}`,
    );
  assert.deepEqual(spelledWaves(all), [
    "-: names",
    "tenants: spaces",
    "sources: fetch release",
    "pairs: upload",
    "sources: graph_report",
    "tenants: tenant_report",
  ]);
  assert.deepEqual(spelledWaves([tenantReport, release]), ["sources: release", "tenants: tenant_report"]);
  assert.deepEqual(spelledWaves([release, fetch]), ["sources: fetch release"]);
  assert.deepEqual(spelledWaves([]), []);
});
