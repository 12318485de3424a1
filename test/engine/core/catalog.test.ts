import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Asset,
  afterEnd,
  defineAsset,
  defineMultiAsset,
  type StepDefinition,
} from "../../../engine/core/assets.ts";
import { defineSchedule, defineSensor, setting } from "../../../engine/core/automation.ts";
import { buildCatalog, type Catalog, type Definition } from "../../../engine/core/catalog.ts";
import { defineJob } from "../../../engine/core/jobs.ts";
import { dynamicPartitions, productPartitions } from "../../../engine/core/partitions.ts";

const build = (...definitions: readonly Definition[]): Catalog =>
  buildCatalog(definitions.map((definition, at) => ({ definition, location: `module ${at + 1}` })));
const evaluate = () => ({ reason: "nothing" });
const a = defineAsset({ key: "a", run: () => 1 });
const b = defineAsset({ key: "b", deps: { a }, run: () => 1 });

test("a catalog holds each definition once, however often modules export it", () => {
  const sources = dynamicPartitions("sources");
  const c = defineAsset({ key: "c", partitions: sources, run: () => 1 });
  const catalog = build(b, a, a, c, sources, sources);
  assert.deepEqual([...catalog.assets.keys()], ["b", "a", "c"]);
  assert.deepEqual([...catalog.partitionSets.keys()], ["sources"]);
  assert.equal(catalog.locations.get("asset:a"), "module 2");
  assert.deepEqual(catalog.graph.outNeighbors("a"), ["b"]);
});

test("two definitions of one name are refused with both places", () => {
  const other = defineAsset({ key: "a", run: () => 2 });
  assert.throws(() => build(a, other), {
    code: "definition",
    message: 'asset "a" is defined twice: in module 1 and in module 2',
  });
  const sets = [dynamicPartitions("sources"), dynamicPartitions("sources")] as const;
  assert.throws(() => build(...sets), { message: /partition set "sources" is defined twice/ });
  const job = (): Definition => defineJob({ name: "job", assets: [a] });
  assert.throws(() => build(a, job(), job()), { message: /job "job" is defined twice: in module 2 and in module 3/ });
});

test("a sensor and a schedule of one name are refused, since they would share a cursor", () => {
  const sensor = defineSensor({ name: "same", evaluate });
  const schedule = defineSchedule({ name: "same", cron: "@daily", evaluate });
  assert.throws(() => build(sensor, schedule), { code: "definition", message: /both named "same"/ });
});

test("a dependency that no module exports is refused, and so is another asset of its key", () => {
  assert.throws(() => build(b), { code: "definition", message: /"b" depends on "a", but no loaded module exports it/ });
  const other = defineAsset({ key: "a", run: () => 2 });
  assert.throws(() => build(b, other), { message: /"b" depends on "a", but another asset of that key is loaded/ });
});

test("a job and a sensor may name only assets that are loaded", () => {
  const job = defineJob({ name: "job", assets: [a, b] });
  const sensor = defineSensor({ name: "sensor", on: [b], evaluate });
  assert.throws(() => build(a, job, sensor), {
    message:
      'job "job" names the asset "b", which no module exports; sensor "sensor" names the asset "b", which no module exports',
  });
});

/** An asset whose dependencies can be set after it is made: modules that import each other in a circle do that. */
function tied(key: string): { readonly asset: Asset; dependOn(...assets: readonly Asset[]): void } {
  const outputs = new Map<string, Asset>();
  const dependencies: StepDefinition["dependencies"][number][] = [];
  const plain = defineAsset({ key, run: () => 1 });
  const step: StepDefinition = { ...plain.step, outputs, dependencies };
  const asset: Asset = { ...plain, step };
  outputs.set("", asset);
  return {
    asset,
    dependOn(...assets) {
      for (const one of assets) dependencies.push({ name: one.key, asset: one, after: "success", mapping: null });
    },
  };
}

test("a cycle is refused and named whole, what only leads to it is not", () => {
  const [first, second, third, outside] = ["first", "second", "third", "outside"].map(tied);
  assert.ok(first && second && third && outside);
  second.dependOn(first.asset);
  third.dependOn(second.asset);
  first.dependOn(third.asset, outside.asset);
  outside.dependOn();
  assert.throws(() => build(outside.asset, first.asset, second.asset, third.asset), {
    code: "definition",
    message: "these assets depend on each other in a circle: first → second → third → first",
  });
  const itself = tied("itself");
  itself.dependOn(itself.asset);
  assert.throws(() => build(itself.asset), { message: /in a circle: itself → itself$/ });
});

test("every problem is told at once", () => {
  const other = defineAsset({ key: "b", deps: { a }, run: () => 2 });
  const schedule = defineSchedule({ name: "odd", cron: "61 * * * *", evaluate });
  assert.throws(
    () => build(b, other, schedule),
    (error: Error & { details?: { problems: readonly string[] } }) => {
      assert.equal(error.details?.problems.length, 3);
      assert.match(error.message, /"b" is defined twice.*depends on "a".*schedule "odd": cron "61 \* \* \* \*"/);
      return true;
    },
  );
});

test("partitions that can join in more than one way are refused", () => {
  const sources = dynamicPartitions("sources");
  const edges = productPartitions("edges", { from: sources, to: sources });
  const up = defineAsset({ key: "up", partitions: sources, run: () => 1 });
  const down = defineAsset({ key: "down", partitions: edges, deps: { up }, run: () => 1 });
  assert.throws(() => build(up, down), { code: "definition", message: /asset "down": .*more than one way/ });
});

test("steps come upstream first, those of a multi-asset together and once", () => {
  const both = defineMultiAsset({
    assets: { left: { key: "left" }, right: { key: "right" } },
    deps: { a },
    run: () => ({ left: 1, right: 2 }),
  });
  const end = defineAsset({ key: "end", deps: { left: both.left, b: afterEnd(b) }, run: () => 1 });
  const catalog = build(end, both.right, b, both.left, a);
  assert.deepEqual(
    catalog.stepsInOrder.map((step) => [...step.outputs.values()].map((asset) => asset.key).join("+")),
    ["a", "left+right", "b", "end"],
  );
});

test("a schedule's times may come from the settings", () => {
  const schedule = defineSchedule({
    name: "weekly",
    cron: setting("SCHEDULE", "@weekly"),
    timeZone: setting("ZONE", "America/Los_Angeles"),
    evaluate,
  });
  const located = [{ definition: schedule, location: "test" }];
  const timing = (settings: Readonly<Record<string, string>>): unknown[] => {
    const timed = buildCatalog(located, settings).schedules.get("weekly");
    return [timed?.cron, timed?.timeZone];
  };
  assert.deepEqual(timing({}), ["@weekly", "America/Los_Angeles"]);
  assert.deepEqual(timing({ SCHEDULE: "0 3 * * *", ZONE: "UTC" }), ["0 3 * * *", "UTC"]);
  assert.deepEqual(timing({ SCHEDULE: "" }), ["@weekly", "America/Los_Angeles"]);
  assert.throws(() => timing({ SCHEDULE: "often" }), {
    code: "definition",
    message: /schedule "weekly": cron "often"/,
  });
});

test("a name that cannot stand in a path is refused where it is given", () => {
  for (const key of ["", "a b", "a//b", "/a", "a/", "..", "a/../b", "a/./b", "ä", "x".repeat(256)]) {
    assert.throws(() => defineAsset({ key, run: () => 1 }), { code: "definition" }, JSON.stringify(key));
  }
  assert.equal(defineAsset({ key: "ingest/gleanerio_run.v2-x", run: () => 1 }).group, "ingest");
});
