import assert from "node:assert/strict";
import { test } from "node:test";
import type { FromWorker } from "../../../../engine/runtime/worker-step.ts";
import { openSending } from "../../../../engine/runtime/worker-step-sending.ts";

test("of a gigabyte of lines, of reports without end and of many strays, few leave the worker", () => {
  const sent: FromWorker[] = [];
  const sending = openSending((message) => sent.push(message));
  const line = "x".repeat(10_000);
  for (let said = 0; said < 100_000; said++) {
    sending.log.info(line);
    if (said % 100 === 0) sending.report({ said });
    sending.owner("nobody waits", new Error("x"));
  }
  sending.report({ said: "last" });
  sending.flush();
  const of = (type: FromWorker["type"]) => sent.filter((message) => message.type === type);
  // One more than the bound, for the host to see that it was crossed.
  assert.equal(of("log").length, 420);
  assert.equal(of("stray").length, 20);
  assert.ok(of("report").length < 500, `${of("report").length} reports`);
  assert.deepEqual(of("report").at(-1), { type: "report", progress: { said: "last" } });
});

test("a report that is not JSON is refused to the code at once", () => {
  const sending = openSending(() => {});
  assert.throws(() => sending.report({ n: 1n } as never), { code: "bad_value" });
});
