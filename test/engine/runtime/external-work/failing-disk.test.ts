import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import type { FaultPoint } from "../../../../engine/core/ports/fault-points.ts";
import { DISK_PROBE_MS } from "../../../../engine/runtime/disk-watch.ts";
import { fakeContainerHost } from "../../../rigs/containers/fake-container-host.ts";
import { engineRig } from "../../../rigs/engine.ts";
import { manualClock } from "../../../rigs/manual-clock.ts";
import { containerAsset, request } from "./support.ts";

for (const point of ["flush.before-commit", "flush.after-commit"] as const) {
  test(`a container that ends while the disk fails at ${point} is recorded when the disk is well, and runs once`, async () => {
    let isFailing = false;
    const reach = (reached: FaultPoint): void => {
      if (isFailing && reached === point) throw new Database.SqliteError("disk I/O error", "SQLITE_IOERR_FSYNC");
    };
    const clock = manualClock();
    const host = fakeContainerHost({ scheduler: clock });
    const definitions = containerAsset("long", request({ runMs: 5000, exitCode: 2 }));
    await using rig = await engineRig({ definitions, containers: host, clock, faults: { reach } });
    const runId = await rig.start("long");
    await rig.advance(1000);
    isFailing = true;
    await rig.advance(9000);
    assert.equal(rig.engine.health().status, "suspended");
    assert.equal(host.containers[0]?.status, "exited");
    isFailing = false;
    await rig.advance(4 * DISK_PROBE_MS);
    const run = await rig.ended(runId);
    assert.deepEqual([run.status, run.steps[0]?.attempt, run.steps[0]?.interruptions], ["succeeded", 1, 0]);
    assert.equal(host.begun.length, 1);
    assert.deepEqual(host.containers, []);
    rig.problems.length = 0;
  });
}
