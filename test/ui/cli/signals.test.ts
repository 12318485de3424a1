import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import test from "node:test";
import { firstSignal, SAME_SIGNAL_MS } from "../../../ui/cli/compose/start-command.ts";
import { manualClock } from "../../rigs/manual-clock.ts";

test("a signal that comes twice at once is one, and a later second one ends the process", async () => {
  const signals = new EventEmitter();
  const clock = manualClock();
  const exits: number[] = [];
  const first = firstSignal({ signals, clock, exitNow: (code) => exits.push(code) });
  signals.emit("SIGINT");
  assert.equal(await first, "stopped by Ctrl-C");
  await clock.advance(SAME_SIGNAL_MS - 1);
  signals.emit("SIGINT");
  assert.deepEqual(exits, []);
  await clock.advance(1);
  signals.emit("SIGTERM");
  assert.deepEqual(exits, [143]);
});
