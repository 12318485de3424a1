import assert from "node:assert/strict";
import { test } from "node:test";
import { dynamicPartitions } from "../../../engine/core/partitions.ts";
import type { PartitionWord } from "../../../engine/core/states.ts";
import type { Transaction } from "../../../engine/store/writer.ts";
import { chainPlan, insertRun, materialize } from "../../rigs/made-runs.ts";
import { recordRig } from "../../rigs/record.ts";
import { type SeededRandom, seededRandom } from "../../rigs/seeded-random.ts";

const sets = { left: dynamicPartitions("left"), right: dynamicPartitions("right") };
type SetName = keyof typeof sets;
const KEYS = ["a", "b", "c", "d", "e"];
const ASSETS = ["one", "two", "three"];
const OPERATIONS = 600;
const SEEDS = process.env["SHEAF_TEST_SEED"] === undefined ? [1, 2, 3, 4] : [Number(process.env["SHEAF_TEST_SEED"])];

/** What is recorded of an asset's partition, as plain facts. */
interface Fact {
  materializedSeq: number;
  failedSeq: number;
  isLive: boolean;
}

/** The same record, kept in the simplest way. */
interface Model {
  readonly states: Map<string, "active" | "retired">;
  readonly facts: Map<string, Fact>;
  readonly setOf: Map<string, SetName>;
}

function wordOf(fact: Fact | undefined): PartitionWord {
  if (fact?.isLive === true) return "running";
  if (fact === undefined) return "missing";
  if (fact.failedSeq > fact.materializedSeq) return "failed";
  return fact.materializedSeq > 0 ? "materialized" : "missing";
}

function countedWords(model: Model, asset: string): Record<PartitionWord, string[]> {
  const words: Record<PartitionWord, string[]> = {
    running: [],
    failed: [],
    materialized: [],
    missing: [],
    retired: [],
  };
  const set = model.setOf.get(asset) ?? "left";
  for (const key of KEYS) {
    const state = model.states.get(`${set} ${key}`);
    if (state === "active") words[wordOf(model.facts.get(`${asset} ${set} ${key}`))].push(key);
    else if (state === "retired") words.retired.push(key);
  }
  return words;
}

function compare(tx: Transaction, model: Model): void {
  for (const asset of ASSETS) {
    const expected = countedWords(model, asset);
    const row = tx.materializations.asset(asset);
    assert.ok(row);
    assert.deepEqual(
      { materialized: row.materialized, failed: row.failed, running: row.running },
      {
        materialized: expected.materialized.length,
        failed: expected.failed.length,
        running: expected.running.length,
      },
      `the counters of ${asset}`,
    );
    for (const word of ["running", "failed", "materialized", "missing"] as const) {
      const keys: readonly string[] = tx.materializations
        .keysByWord({ assetId: row.id, setId: row.set_id, word })
        .map((one) => one.key);
      assert.deepEqual(keys, expected[word], `the ${word} partitions of ${asset}`);
    }
  }
  for (const name of ["left", "right"] as const) {
    const states = KEYS.map((key) => model.states.get(`${name} ${key}`));
    const row = tx.partitions.set(name);
    assert.equal(row?.active, states.filter((state) => state === "active").length);
    assert.equal(row?.retired, states.filter((state) => state === "retired").length);
  }
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
  move({ tx, model, random }) {
    if (random.below(5) > 0) return;
    model.setOf.set(random.pick(ASSETS), random.pick(["left", "right"]));
    declare(tx, model);
  },
  live: (step) =>
    onPartition(step, (fact, place) => {
      step.tx.materializations.setLive(place);
      fact.isLive = true;
    }),
  release: (step) =>
    onPartition(step, (fact, place) => {
      step.tx.materializations.clearLive(place);
      fact.isLive = false;
    }),
  materialize: (step) =>
    onPartition(step, (fact, place) => {
      materialize(step.tx, { ...place, runUid: "run", dataVersion: "v" });
      fact.materializedSeq = step.tx.events.newestSeq();
      fact.isLive = false;
    }),
  fail: (step) =>
    onPartition(step, (fact, place) => {
      const failure = { code: "user_code", message: "broken" };
      const { runId, ordinal } = place;
      const seq = step.tx.emit({ type: "step.failed", runId, ordinal, data: { error: failure } });
      step.tx.materializations.setFailed({ ...place, runUid: "run", seq, nowMs: step.tx.nowMs, failure });
      fact.failedSeq = seq;
      fact.isLive = false;
    }),
};

interface Place {
  readonly asset: string;
  readonly assetId: number;
  readonly partitionId: number;
  readonly runId: number;
  readonly ordinal: number;
}

/** At a known key, active or not: a key may be retired while a step runs. Most of the asset's set, some of the other. */
function onPartition({ tx, model, random, runId }: Step, change: (fact: Fact, place: Place) => void): void {
  const asset = random.pick(ASSETS);
  const set = random.below(8) > 0 ? (model.setOf.get(asset) ?? "left") : random.pick(["left", "right"] as const);
  const key = random.pick(KEYS);
  if (!model.states.has(`${set} ${key}`)) return;
  const fact = model.facts.get(`${asset} ${set} ${key}`) ?? { materializedSeq: 0, failedSeq: 0, isLive: false };
  model.facts.set(`${asset} ${set} ${key}`, fact);
  const partitionId = tx.partitions.idOf(sets[set], key);
  change(fact, { asset, assetId: tx.materializations.assetId(asset), partitionId, runId, ordinal: 0 });
}

function declare(tx: Transaction, model: Model): void {
  tx.materializations.declareAssets(
    ASSETS.map((key) => ({ key, setId: tx.partitions.setId(model.setOf.get(key) ?? "left") })),
  );
}

for (const seed of SEEDS) {
  test(`counters equal a recount after each of ${OPERATIONS} random operations (seed ${seed})`, async () => {
    await using rig = await recordRig();
    const model: Model = { states: new Map(), facts: new Map(), setOf: new Map() };
    const random = seededRandom(seed);
    await rig.write((tx) => {
      for (const set of Object.values(sets)) tx.partitions.declareSet(set);
      declare(tx, model);
      const runId = insertRun(tx, { uid: "run", plan: chainPlan(ASSETS) });
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
    const words = ASSETS.map((asset) => countedWords(model, asset));
    assert.ok(
      words.some((one) => one.materialized.length > 0),
      "the operations made something",
    );
  });
}
