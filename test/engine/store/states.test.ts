import assert from "node:assert/strict";
import { test } from "node:test";
import {
  backfillTransitions,
  partitionWords,
  runTransitions,
  stepTransitions,
  tickTransitions,
} from "../../../engine/core/states.ts";
import { recordRig } from "../../rigs/record.ts";
import { schemaText } from "../../rigs/schema-text.ts";

/** The words of the CHECK on `column` of `table`. */
function checkedWords(table: string, column: string): readonly string[] {
  const statement = schemaText()
    .split(/;\n/)
    .find((text) => text.includes(`CREATE TABLE ${table} (`));
  const check = new RegExp(`\\b${column} TEXT NOT NULL CHECK \\(${column} IN \\(([^)]*)\\)\\)`).exec(statement ?? "");
  assert.ok(check, `${table}.${column} has no CHECK`);
  return (check[1] ?? "").split(", ").map((word) => word.slice(1, -1));
}

for (const [table, transitions] of Object.entries({
  runs: runTransitions,
  steps: stepTransitions,
  ticks: tickTransitions,
  backfills: backfillTransitions,
})) {
  test(`the states of ${table} are those that the database checks`, () => {
    assert.deepEqual(checkedWords(table, "status").toSorted(), Object.keys(transitions).toSorted());
  });

  test(`every transition of ${table} leads to a state of theirs`, () => {
    for (const next of Object.values(transitions).flat()) assert.ok(Object.hasOwn(transitions, next), next);
  });
}

test("the words that the database derives for a partition are those of the code", () => {
  const derived = [...(/AS \(\s*CASE(.*?)END/s.exec(schemaText())?.[1] ?? "").matchAll(/(?:THEN|ELSE) '(\w+)'/g)];
  assert.deepEqual(new Set(derived.map((match) => match[1])), new Set(partitionWords));
});

test("a state that is none is refused by the database", async () => {
  await using rig = await recordRig();
  const written = rig.write((tx) => {
    const id = tx.automations.startTick({ automation: "sensor", scheduledAtMs: null, nowMs: tx.nowMs });
    tx.automations.endTick({
      id,
      automation: "sensor",
      status: "done" as "succeeded",
      nowMs: tx.nowMs,
      reason: null,
      error: null,
      cursor: undefined,
      eventsSeq: undefined,
      dueAfterMs: undefined,
      changes: null,
      log: null,
      requests: [],
    });
  });
  await assert.rejects(written, /CHECK constraint failed/);
});
