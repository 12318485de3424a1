import assert from "node:assert/strict";
import { test } from "node:test";
import { uuidV7 } from "../../../engine/core/uuid-v7.ts";

test("ids stay ascending when the clock stands or steps back", () => {
  let nowMs = 1_000_000;
  const uuid = uuidV7({ now: () => nowMs, randomBytes: (count) => Buffer.alloc(count, 0xff) });
  const made = Array.from({ length: 5_000 }, () => uuid());
  nowMs -= 60_000;
  made.push(uuid());
  assert.deepEqual(made, made.toSorted());
  assert.equal(new Set(made).size, made.length);
});

test("an id holds its millisecond, version and variant", () => {
  const uuid = uuidV7({ now: () => 0x0192_3456_789a, randomBytes: (count) => Buffer.alloc(count) });
  assert.equal(uuid(), "01923456-789a-7000-8000-000000000000");
});
