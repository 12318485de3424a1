import assert from "node:assert/strict";
import { test } from "node:test";
import { type FaultPoint, faultPoints } from "../../../engine/core/ports/fault-points.ts";
import { defineAsset, defineJob, defineSensor, staticPartitions } from "../../../engine/index.ts";
import { fakeContainerHost } from "../../rigs/containers/fake-container-host.ts";
import { manualClock } from "../../rigs/manual-clock.ts";
import { engineRig, gate, operator } from "../../rigs/engine.ts";

test("an engine at work reaches every fault point", async () => {
  const reached = new Set<FaultPoint>();
  const faults = { reach: (point: FaultPoint) => void reached.add(point) };
  const held = gate();
  const page = defineAsset({ key: "page", partitions: staticPartitions("pages", ["a", "b"]), run: () => 1 });
  const slow = defineAsset({ key: "slow", run: () => held.passed });
  const contained = defineAsset({
    key: "contained",
    run: ({ containers }) => containers.run({ image: "fake" }).then(() => 1),
  });
  const clock = manualClock();
  const containers = fakeContainerHost({ scheduler: clock });
  const job = defineJob({ name: "slow", assets: [slow] });
  const sensor = defineSensor({
    name: "watch",
    on: [page],
    evaluate: () => ({ runs: [{ job, runKey: "once", reason: "a page" }], reason: "pages" }),
  });
  await using rig = await engineRig({ definitions: [page, slow, contained, job, sensor], faults, clock, containers });
  const { backfill } = await rig.engine.commands.materialize({ assets: ["page"], partitions: "all" }, operator);
  await rig.endedBackfill(backfill ?? "");
  await rig.engine.commands.materialize({ assets: ["contained"] }, operator);
  await rig.advance(1000);
  await using other = await rig.crash();
  held.open();
  await other.settle();
  assert.deepEqual(
    faultPoints.filter((point) => !reached.has(point)),
    [],
  );
});
