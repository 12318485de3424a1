import { defineAsset, defineMultiAsset } from "../../engine/core/assets.ts";
import { defineSchedule, defineSensor } from "../../engine/core/automation.ts";
import type { Definition } from "../../engine/core/catalog.ts";
import { defineJob } from "../../engine/core/jobs.ts";
import { dynamicPartitions, productPartitions } from "../../engine/core/partitions.ts";
import type { Transaction } from "../../engine/store/writer.ts";

export const sources = dynamicPartitions("sources", { dimension: "source" });
export const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
export const pairs = productPartitions("tenant_sources", { source: sources, tenant: tenants });

const names = defineAsset({
  key: "names",
  description: "Who there is.",
  tags: { team: "eco" },
  kinds: ["list"],
  run: () => ["iris"],
});
const release = defineAsset({
  key: "load/release",
  partitions: sources,
  deps: { names },
  pool: "docker",
  run: () => 1,
});
const upload = defineAsset({ key: "load/upload", partitions: pairs, deps: { release }, run: () => 1 });
const both = defineMultiAsset({
  assets: { left: { key: "left" }, right: { key: "right" } },
  run: () => ({ left: 1, right: 2 }),
});
const loadJob = defineJob({
  name: "load_job",
  assets: [release, upload],
  tags: { ingest: "docker" },
  priority: 3,
  timeoutMs: 60_000,
  onFailure: "stop",
});
const look = defineSensor({ name: "look", on: [release], evaluate: () => ({ reason: "nothing" }) });
const weekly = defineSchedule({ name: "weekly", cron: "@weekly", evaluate: () => ({ reason: "nothing" }) });
/** Two sources' releases, loaded into tenants, and what runs them. */
export const definitions: readonly Definition[] = [
  sources,
  tenants,
  pairs,
  names,
  release,
  upload,
  both.left,
  both.right,
  loadJob,
  look,
  weekly,
];

export const failure = { code: "harvest", message: "the sitemap answers 500", file: "/srv/a.ts", line: 3 };

export function addKeys(tx: Transaction): void {
  const facts = { nowMs: tx.nowMs, reason: "test" };
  tx.partitions.add({ set: sources, keys: ["iris", "ocean", "rocks"], ...facts });
  tx.partitions.add({ set: tenants, keys: ["eco"], ...facts });
  tx.partitions.add({ set: pairs, keys: ["iris|eco", "a\\|b|eco"], ...facts });
}
