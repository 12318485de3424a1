import assert from "node:assert/strict";
import { test } from "node:test";
import { type Asset, defineAsset, defineMultiAsset, type PartitionedInput } from "../../../engine/core/assets.ts";
import { type AssetCheck, defineAssetCheck, type MadeFacts } from "../../../engine/core/checks.ts";
import { materialization } from "../../../engine/core/outcome.ts";
import {
  dynamicPartitions,
  type Partition,
  productPartitions,
  staticPartitions,
} from "../../../engine/core/partitions.ts";
import { defineResource } from "../../../engine/core/resources.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_proof: Equal<A, B>): void {}

const sources = dynamicPartitions("sources");
const tenants = dynamicPartitions("tenants");
const pairs = productPartitions("tenant_sources", { source: sources, tenant: tenants });
const clock = defineResource<{ now(): number }>({ key: "clock" });

const names = defineAsset({ key: "names", run: () => ["iris", "ocean"] });
const release = defineAsset({
  key: "release",
  partitions: sources,
  deps: { names },
  resources: { clock },
  run({ inputs, partition, resources }) {
    same<typeof inputs.names, string[]>(true);
    same<typeof partition.parts.sources, string>(true);
    return materialization({ value: { bytes: resources.clock.now() }, metadata: { from: partition.key } });
  },
});
const load = defineAsset({
  key: "load",
  partitions: pairs,
  deps: { release },
  run({ inputs, partition }) {
    same<typeof inputs.release, { bytes: number }>(true);
    same<typeof partition.parts, { readonly source: string; readonly tenant: string }>(true);
    return inputs.release.bytes;
  },
});
const report = defineAsset({
  key: "report",
  partitions: tenants,
  deps: { load },
  run({ inputs }) {
    same<typeof inputs.load, PartitionedInput<number>>(true);
    // @ts-expect-error -- a partitioned input is no plain value
    const wrong: number = inputs.load;
    return wrong;
  },
});
const both = defineMultiAsset({
  assets: { left: { key: "both/left" }, right: { key: "both/right" } },
  run: () => ({ left: 1, right: materialization({ value: "r" }) }),
});

test("an input's type is what the upstream asset returns, one or many by the dimensions they share", () => {
  same<typeof names, Asset<string[], never>>(true);
  same<typeof load, Asset<number, "sources" | "tenants">>(true);
  same<typeof both.left, Asset<number, never>>(true);
  same<typeof both.right, Asset<string, never>>(true);
  assert.equal(report.step.dependencies[0]?.asset, load);
});

test("a check sees the value of its asset as the asset's code returned it", () => {
  const check = defineAssetCheck({
    name: "bytes",
    asset: release,
    deps: { names, load },
    resources: { clock },
    run({ value, previous, partition, inputs, resources }) {
      same<typeof value, { bytes: number }>(true);
      same<typeof partition, Partition>(true);
      same<typeof inputs.names, string[]>(true);
      same<typeof inputs.load, PartitionedInput<number>>(true);
      same<typeof previous, MadeFacts | null>(true);
      same<typeof resources.clock, { now(): number }>(true);
      return { passed: value.bytes > 0 };
    },
  });
  const whole = defineAssetCheck({
    name: "some",
    asset: names,
    run({ value, partition }) {
      same<typeof value, string[]>(true);
      same<typeof partition, null>(true);
      return { passed: value.length > 0, severity: "warn" };
    },
  });
  same<typeof whole, AssetCheck>(true);
  assert.deepEqual([check.key, check.blocking, check.severity], ["release:bytes", false, "error"]);
});

test("a verdict that says nothing of passing, or names another severity, does not compile", () => {
  // @ts-expect-error -- it has to say whether it passed
  defineAssetCheck({ name: "silent", asset: names, run: () => ({ severity: "warn" as const }) });
  // @ts-expect-error -- there are two severities
  defineAssetCheck({ name: "fatal", asset: names, run: () => ({ passed: true, severity: "fatal" as const }) });
  // @ts-expect-error -- the value is no number
  defineAssetCheck({ name: "wrong", asset: names, run: ({ value }) => ({ passed: value > 0 }) });
  const gate = defineAssetCheck({ name: "gate", asset: names, run: () => ({ passed: true }) });
  const refused = () =>
    defineAsset({
      key: "after",
      // @ts-expect-error -- a check is no asset
      deps: { gate },
      run: () => 1,
    });
  assert.throws(refused, /dependency "gate" is not an asset/);
});

test("a dependency that is no asset does not compile and is refused", () => {
  assert.throws(
    () =>
      defineAsset({
        key: "wrong",
        // @ts-expect-error -- not an asset
        deps: { text: "names" },
        run: () => 1,
      }),
    /dependency "text" is not an asset/,
  );
});

test("an output that is not JSON does not compile", () => {
  // @ts-expect-error -- a Map is not JSON
  defineAsset({ key: "map", run: () => new Map<string, string>() });
  assert.ok(staticPartitions("days", ["mon"]).keys?.includes("mon"));
});
