import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../../engine/core/errors.ts";
import { DISK_PROBE_MS, openDiskWatch } from "../../../engine/runtime/disk-watch.ts";
import { manualClock } from "../../rigs/manual-clock.ts";

test("a disk that fails while the engine stops is not taken for well", async () => {
  const clock = manualClock();
  const told: string[] = [];
  const watch = openDiskWatch({
    scheduler: clock,
    onFailed: () => told.push("failed"),
    tryAgain: async () => void told.push("tried"),
  });
  await watch.stop();
  watch.fail(new EngineError("disk_failed", "the disk is full"));
  const abort = new AbortController();
  const waiting = watch.well(abort.signal).then(
    () => told.push("well"),
    () => told.push("given up"),
  );
  await clock.advance(3 * DISK_PROBE_MS);
  assert.deepEqual([told, clock.pending], [["failed"], 0]);
  abort.abort(new EngineError("interrupted", "the engine stops"));
  await waiting;
  assert.deepEqual(told, ["failed", "given up"]);
});
