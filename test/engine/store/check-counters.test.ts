import assert from "node:assert/strict";
import { test } from "node:test";
import { dynamicPartitions } from "../../../engine/core/partitions.ts";
import { type CheckOutcome, checkOutcomes, recordedCheckWords } from "../../../engine/core/states.ts";
import type { Transaction } from "../../../engine/store/writer.ts";
import { chainPlan, insertRun, materialize } from "../../rigs/made-runs.ts";
import { recordRig } from "../../rigs/record.ts";
import { schemaText } from "../../rigs/schema-text.ts";
import { type SeededRandom, seededRandom } from "../../rigs/seeded-random.ts";

const sets = { left: dynamicPartitions("left"), right: dynamicPartitions("right") };
type SetName = keyof typeof sets;
const KEYS = ["a", "b", "c", "d"];
const CHECKS = ["asset:one", "asset:two"];
const OPERATIONS = 500;
const SEEDS = process.env["SHEAF_TEST_SEED"] === undefined ? [1, 2, 3] : [Number(process.env["SHEAF_TEST_SEED"])];

interface Fact {
  outcome: CheckOutcome;
  judged: number | null;
}

/** The same record, kept in the simplest way; places are `set key`. */
interface Model {
  set: SetName;
  readonly states: Map<string, "active" | "retired">;
  readonly newest: Map<string, number>;
  readonly facts: Map<string, Fact>;
}

interface Step {
  readonly tx: Transaction;
  readonly model: Model;
  readonly random: SeededRandom;
  readonly runId: number;
}

const operations: Readonly<Record<string, (step: Step) => void>> = {
  add({ tx, model, random }) {
    const [name, key] = [random.pick(["left", "right"] as const), random.pick(KEYS)];
    tx.partitions.add({ set: sets[name], keys: [key], nowMs: tx.nowMs, reason: "test" });
    model.states.set(`${name} ${key}`, "active");
  },
  retire({ tx, model, random }) {
    const [name, key] = [random.pick(["left", "right"] as const), random.pick(KEYS)];
    tx.partitions.retire({ set: sets[name], keys: [key], nowMs: tx.nowMs, reason: "test" });
    if (model.states.has(`${name} ${key}`)) model.states.set(`${name} ${key}`, "retired");
  },
  move(step) {
    if (step.random.below(4) > 0) return;
    step.model.set = step.random.pick(["left", "right"] as const);
    declare(step);
  },
  materialize(step) {
    const at = placeOf(step);
    if (at === null) return;
    const { tx, model, runId } = step;
    const id = materialize(tx, { asset: "asset", partitionId: at.partitionId, runId, runUid: "run", dataVersion: "v" });
    tx.checks.outdate(tx.materializations.assetId("asset"), at.partitionId);
    model.newest.set(at.place, id);
  },
  evaluate(step) {
    const at = placeOf(step);
    if (at === null) return;
    const { tx, model, random, runId } = step;
    const check = random.pick(CHECKS);
    const newest = model.newest.get(at.place) ?? null;
    // Now and then what is judged is not the newest any more.
    const judged = newest === null || random.below(4) > 0 ? newest : newest - 1;
    const outcome = random.pick(checkOutcomes);
    tx.checks.record({
      checkId: tx.checks.id(check),
      partitionId: at.partitionId,
      runId,
      runUid: "run",
      ordinal: 0,
      nowMs: tx.nowMs,
      outcome,
      severity: "error",
      blocking: false,
      description: "",
      metadata: {},
      judged: judged === null ? null : { materializationId: judged, dataVersion: "v" },
      error: null,
    });
    model.facts.set(`${check} ${at.place}`, { outcome, judged });
  },
};

/** A known key, active or not: most of the asset's set, some of the other. */
function placeOf({ tx, model, random }: Step): { place: string; partitionId: number } | null {
  const set = random.below(8) > 0 ? model.set : random.pick(["left", "right"] as const);
  const place = `${set} ${random.pick(KEYS)}`;
  if (!model.states.has(place)) return null;
  return { place, partitionId: tx.partitions.idOf(sets[set], place.slice(set.length + 1)) };
}

function declare({ tx, model }: Pick<Step, "tx" | "model">): void {
  const setId = tx.partitions.setId(model.set);
  tx.materializations.declareAssets([{ key: "asset", setId }]);
  const assetId = tx.materializations.assetId("asset");
  tx.checks.declare(CHECKS.map((key) => ({ key, assetId, setId })));
}

function recount(model: Model, check: string): Record<string, string[]> {
  const words: Record<string, string[]> = {};
  for (const word of recordedCheckWords) words[word] = [];
  for (const key of KEYS) {
    const place = `${model.set} ${key}`;
    const fact = model.facts.get(`${check} ${place}`);
    if (fact === undefined || model.states.get(place) !== "active") continue;
    const isCurrent = fact.judged === (model.newest.get(place) ?? null);
    words[isCurrent ? fact.outcome : "outdated"]?.push(key);
  }
  return words;
}

function compare(tx: Transaction, model: Model): void {
  for (const check of CHECKS) {
    const expected = recount(model, check);
    const row = tx.checks.byKey(check);
    assert.ok(row);
    for (const word of recordedCheckWords) assert.equal(row[word], expected[word]?.length, `${word} of ${check}`);
    const failed = [...(expected["warned"] ?? []), ...(expected["failed"] ?? []), ...(expected["errored"] ?? [])];
    const keys = tx.checks.keysByWord(row.id, "failed").map((one) => one.key);
    assert.deepEqual(keys, failed.toSorted(), `those that did not pass ${check}`);
    const missing = KEYS.filter((key) => {
      const place = `${model.set} ${key}`;
      const fact = model.facts.get(`${check} ${place}`);
      const newest = model.newest.get(place);
      return model.states.get(place) === "active" && newest !== undefined && fact?.judged !== newest;
    });
    const found = tx.checks.keysByWord(row.id, "missing").map((one) => one.key);
    assert.deepEqual(found, missing, `those not evaluated since by ${check}`);
  }
}

for (const seed of SEEDS) {
  test(`a check's counters equal a recount after each of ${OPERATIONS} random operations (seed ${seed})`, async () => {
    await using rig = await recordRig();
    const model: Model = { set: "left", states: new Map(), newest: new Map(), facts: new Map() };
    const random = seededRandom(seed);
    await rig.write((tx) => {
      for (const set of Object.values(sets)) tx.partitions.declareSet(set);
      declare({ tx, model });
      const runId = insertRun(tx, { uid: "run", plan: chainPlan(["asset"]) });
      const names = Object.keys(operations);
      for (let count = 0; count < OPERATIONS; count++) {
        const name = random.pick(names);
        operations[name]?.({ tx, model, random, runId });
        try {
          compare(tx, model);
        } catch (error) {
          throw new Error(`after operation ${count} (${name}), SHEAF_TEST_SEED=${seed}`, { cause: error });
        }
      }
    });
    assert.ok(model.facts.size > 4, "the operations evaluated something");
  });
}

test("the outcomes of evaluations are those that the database checks", () => {
  const checked = [...schemaText().matchAll(/outcome TEXT NOT NULL CHECK \(outcome IN \(([^)]*)\)\)/g)].map((match) =>
    (match[1] ?? "").split(", ").map((word) => word.slice(1, -1)),
  );
  const ofChecks = checked.filter((words) => words.includes("errored"));
  assert.deepEqual(ofChecks, [checkOutcomes, checkOutcomes]);
});
