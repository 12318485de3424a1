import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset, defineJob } from "../../../engine/index.ts";
import { printEvents } from "../../../ui/cli/event-lines.ts";
import type { Terminal } from "../../../ui/cli/terminal.ts";
import { engineRig } from "../../rigs/engine.ts";

test("what ended just before an engine's end is still told after it", async () => {
  const thing = defineAsset({ key: "thing", run: () => {} });
  const job = defineJob({ name: "job", assets: [thing] });
  await using rig = await engineRig({ definitions: [thing, job] });
  let written = "";
  const append = (text: string): void => void (written += `${text}\n`);
  const terminal: Terminal = {
    isJson: false,
    isLive: false,
    columns: 100,
    line: append,
    problem: append,
    json: append,
    status: append,
    style: (_style, text) => text,
  };
  const stopPrinting = printEvents({
    engine: rig.engine,
    terminal,
    clock: rig.clock,
    scheduler: { defer: (task) => void setImmediate(task), after: (ms, task) => rig.clock.after(ms, task) },
    label: "",
  });
  await rig.run("job");
  assert.equal(written, "", "lines wait for their time");
  await rig.engine.stop({ deadlineMs: 0, reason: "the test ends" });
  stopPrinting();
  assert.match(written, /▶ job {2}.*\n.*✔ job/);
});
