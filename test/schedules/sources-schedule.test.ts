import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset, defineJob } from "../../engine/index.ts";
import { summonAndReleaseJob } from "../../assets/ingest/jobs.ts";
import * as ingest from "../../assets/ingest/index.ts";
import { sources } from "../../assets/ingest/partitions.ts";
import { sourcesSchedule } from "../../schedules/sources-schedule.ts";
import type { Definition } from "../../engine/core/catalog.ts";
import { engineRig, operator } from "../rigs/engine.ts";

const WEEK_MS = 7 * 86_400_000;

function ingestDefinitions(): Definition[] {
  return Object.values(ingest as Readonly<Record<string, object>>)
    .flatMap((value) => ("type" in value ? [value] : (Object.values(value) as unknown[])))
    .filter((value): value is Definition => typeof value === "object" && value !== null && "type" in value);
}

test("the weekly schedule asks for every source each week anew, in the zone that the settings give (defect 1)", async () => {
  await using rig = await engineRig({
    definitions: [...ingestDefinitions(), sourcesSchedule],
    settings: { GLEANERIO_DEFAULT_SCHEDULE_TIMEZONE: "Europe/Berlin" },
    limits: [{ kind: "runs", maximum: 0 }],
  });
  await rig.engine.commands.addPartitions("sources", { keys: ["iris", "ocean"], actor: operator });
  await rig.advance(3 * WEEK_MS);
  const { items: ticks } = await rig.engine.queries.ticks("sources_schedule", {});
  assert.deepEqual(
    ticks.map((tick) => [tick.status, tick.scheduledAt, tick.backfills.length]),
    [
      ["succeeded", "2026-01-17T23:00:00.000Z", 1],
      ["succeeded", "2026-01-10T23:00:00.000Z", 1],
      ["succeeded", "2026-01-03T23:00:00.000Z", 1],
    ],
  );
});

test("a week without sources is skipped with that reason", async () => {
  const asset = defineAsset({ key: "x", partitions: sources, run: () => 1 });
  await using rig = await engineRig({
    definitions: [...ingestDefinitions(), asset, defineJob({ name: "x", assets: [asset] }), sourcesSchedule],
  });
  await rig.advance(WEEK_MS);
  const { items: ticks } = await rig.engine.queries.ticks("sources_schedule", {});
  assert.deepEqual([ticks[0]?.status, ticks[0]?.reason], ["skipped", "there are no active sources"]);
  assert.equal(summonAndReleaseJob.tags["ingest"], "docker");
});
