import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset, dynamicPartitions, productPartitions } from "../../../engine/index.ts";
import type { MatrixView } from "../../../engine/runtime/views.ts";
import type { Transaction } from "../../../engine/store/writer.ts";
import { chainPlan, insertRun, materialize } from "../../rigs/made-runs.ts";
import { failure } from "../../rigs/shown-definitions.ts";
import { shownRecord } from "../../rigs/shown-record.ts";

const sources = dynamicPartitions("sources", { dimension: "source" });
const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
const pairs = productPartitions("pairs", { source: sources, tenant: tenants });
const summon = defineAsset({ key: "summon", partitions: sources, run: () => null });
const upload = defineAsset({ key: "upload", partitions: pairs, run: () => null });
const plain = defineAsset({ key: "plain", run: () => null });
const years = dynamicPartitions("years", { dimension: "year" });
const cube = productPartitions("cube", { source: sources, tenant: tenants, year: years });
const survey = defineAsset({ key: "survey", partitions: cube, run: () => null });
const definitions = [sources, tenants, pairs, summon, upload, plain];

function addKeys(tx: Transaction): void {
  const change = { nowMs: tx.nowMs, reason: "test" };
  tx.partitions.add({ set: sources, keys: ["iris", "obis", "rocks"], ...change });
  tx.partitions.add({ set: tenants, keys: ["deep", "eco"], ...change });
  tx.partitions.add({ set: pairs, keys: ["iris|eco", "iris|deep", "rocks|eco"], ...change });
}

function make(tx: Transaction, { asset, key, fails = false }: { asset: string; key: string; fails?: boolean }): void {
  const runId = insertRun(tx, { uid: `${asset} ${key}`, plan: chainPlan([asset]) });
  const partitionId = tx.partitions.idOf(asset === "upload" ? pairs : sources, key);
  materialize(tx, { asset, runId, runUid: "run", partitionId, dataVersion: "v", value: "1" });
  if (!fails) return;
  const place = { assetId: tx.materializations.assetId(asset), partitionId, runId, ordinal: 0 };
  tx.materializations.setFailed({ ...place, runUid: "run", seq: 999, nowMs: tx.nowMs + 5000, failure });
}

/** Each cell as `row/column word at`, or `row word at`, in the order of those texts. */
function cellsOf(pages: readonly MatrixView[]): readonly string[] {
  const named = (side: "rows" | "columns") =>
    new Map(pages.flatMap((page) => page[side].numbers.map((number, at) => [number, page[side].keys[at] ?? ""])));
  const [rows, columns] = [named("rows"), named("columns")];
  const found = pages.flatMap(({ cells, words, columnDimension }) => {
    const [row, column, at] = [cells.rows, cells.columns, cells.at].map((text) => Buffer.from(text, "base64"));
    return cells.words.split("").map((digit, index) => {
      const place = [rows.get(row?.readUInt32LE(index * 4) ?? 0)];
      if (columnDimension !== null) place.push(columns.get(column?.readUInt32LE(index * 4) ?? 0));
      return `${place.join("/")} ${words[Number(digit)]} ${at?.readUInt32LE(index * 4)}`;
    });
  });
  return found.toSorted();
}

const madeAtS = Date.parse("2026-01-01T00:00:00.000Z") / 1000;

test("a product's matrix has all keys of both dimensions, and a cell for each active pair", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write((tx) => {
    addKeys(tx);
    make(tx, { asset: "upload", key: "iris|eco" });
    make(tx, { asset: "upload", key: "rocks|eco", fails: true });
  });
  const matrix = await record.shown.matrix("upload", {});
  const { rowDimension, columnDimension, others, rows, columns, nextCursor } = matrix;
  assert.deepEqual([rowDimension, columnDimension, others, nextCursor], ["source", "tenant", [], null]);
  assert.deepEqual(rows.keys, ["iris", "obis", "rocks"]);
  assert.deepEqual(columns.keys, ["deep", "eco"]);
  assert.deepEqual(cellsOf([matrix]), [
    "iris/deep missing 0",
    `iris/eco materialized ${madeAtS}`,
    `rocks/eco failed ${madeAtS + 5}`,
  ]);
});

test("rows and columns change places when asked", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write(addKeys);
  for (const axes of [{ rows: "tenant" }, { columns: "source" }]) {
    const matrix = await record.shown.matrix("upload", axes);
    assert.deepEqual(matrix.columns.keys, ["iris", "obis", "rocks"]);
    assert.deepEqual(cellsOf([matrix]), ["deep/iris missing 0", "eco/iris missing 0", "eco/rocks missing 0"]);
  }
});

test("an asset of one dimension has one cell a row, and no columns; a retired key has none", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write((tx) => {
    addKeys(tx);
    make(tx, { asset: "summon", key: "obis", fails: true });
    make(tx, { asset: "summon", key: "rocks" });
    tx.partitions.retire({ set: sources, keys: ["rocks"], nowMs: tx.nowMs, reason: "test" });
  });
  const matrix = await record.shown.matrix("summon", {});
  assert.deepEqual([matrix.columnDimension, matrix.columns.keys], [null, []]);
  assert.deepEqual(cellsOf([matrix]), ["iris missing 0", `obis failed ${madeAtS + 5}`]);
});

test("of three dimensions two make the matrix; the third is left open, or fixed at a key", async () => {
  await using record = await shownRecord([sources, tenants, years, cube, survey]);
  await record.rig.write((tx) => {
    const change = { nowMs: tx.nowMs, reason: "test" };
    tx.partitions.add({ set: sources, keys: ["iris", "obis"], ...change });
    tx.partitions.add({ set: tenants, keys: ["deep", "eco"], ...change });
    tx.partitions.add({ set: years, keys: ["2025", "2026"], ...change });
    tx.partitions.add({ set: cube, keys: ["iris|eco|2025", "iris|eco|2026", "obis|deep|2026"], ...change });
  });
  const open = await record.shown.matrix("survey", {});
  assert.deepEqual(open.others, [{ dimension: "year", key: null }]);
  assert.deepEqual(cellsOf([open]), ["iris/eco missing 0", "iris/eco missing 0", "obis/deep missing 0"]);
  const fixed = await record.shown.matrix("survey", { rows: "tenant", where: ["year=2026"], columns: "source" });
  assert.deepEqual(fixed.others, [{ dimension: "year", key: "2026" }]);
  assert.deepEqual(cellsOf([fixed]), ["deep/obis missing 0", "eco/iris missing 0"]);
  const both = await record.shown.matrix("survey", { rows: "year", columns: "source", where: ["tenant=eco"] });
  assert.deepEqual(cellsOf([both]), ["2025/iris missing 0", "2026/iris missing 0"]);
});

test("a matrix of many cells comes in pages that leave none out", async () => {
  await using record = await shownRecord(definitions);
  const keys = Array.from({ length: 30_000 }, (_, at) => `s${String(at).padStart(5, "0")}`);
  await record.rig.write((tx) => {
    tx.partitions.add({ set: sources, keys, nowMs: tx.nowMs, reason: "test" });
  });
  const pages: MatrixView[] = [];
  let cursor: string | undefined;
  do {
    const page = await record.shown.matrix("summon", { cursor });
    pages.push(page);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  assert.deepEqual(
    pages.flatMap(({ rows }) => rows.keys),
    keys,
  );
  assert.deepEqual(
    cellsOf(pages),
    keys.map((key) => `${key} missing 0`),
  );
  const mostCells = Math.max(...pages.map(({ cells }) => cells.words.length));
  assert.equal(mostCells < 20_000 && pages.length > 2, true, `a page had ${mostCells} cells`);
});

test("a matrix says which dimensions there are, and that an asset has none", async () => {
  await using record = await shownRecord(definitions);
  await assert.rejects(record.shown.matrix("upload", { rows: "region" }), {
    message: '"upload" has no dimension "region"; it has source, tenant',
  });
  await record.rig.write(addKeys);
  for (const [where, message] of [
    ["region=eu", '"upload" has no dimension "region"; it has source, tenant'],
    ["tenant=eco", '"tenant" makes the rows or columns already'],
    ["tenant", '"tenant" is no dimension=key'],
  ] as const) {
    await assert.rejects(record.shown.matrix("upload", { where: [where] }), { message });
  }
  await assert.rejects(record.shown.matrix("plain", {}), { message: '"plain" has no partitions' });
});

test("failures are listed newest first, over all assets, until they are put right", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write((tx) => {
    addKeys(tx);
    make(tx, { asset: "upload", key: "rocks|eco", fails: true });
  });
  await record.rig.clock.advance(60_000);
  await record.rig.write((tx) => make(tx, { asset: "summon", key: "iris", fails: true }));
  const { items } = await record.shown.failures({});
  assert.deepEqual(
    items.map(({ asset, partition, error }) => [asset, partition, error.message]),
    [
      ["summon", "iris", failure.message],
      ["upload", "rocks|eco", failure.message],
    ],
  );
  assert.equal((await record.shown.failures({ limit: 1 })).items.length, 1);
});

test("runs are counted by how they ended between each instant and the next", async () => {
  await using record = await shownRecord(definitions);
  const day = 86_400_000;
  const start = Date.parse("2026-01-01T00:00:00.000Z");
  const end = async (uid: string, status: "succeeded" | "failed"): Promise<void> => {
    await record.rig.write((tx) => {
      const id = insertRun(tx, { uid, plan: chainPlan(["plain"]) });
      tx.runs.start(id, tx.nowMs);
      tx.runs.end({ id, status, nowMs: tx.nowMs, error: null });
    });
  };
  await end("a", "succeeded");
  await record.rig.clock.advance(day);
  await end("b", "failed");
  await end("c", "succeeded");
  const at = [0, 1, 2].map((days) => new Date(start + days * day).toISOString());
  assert.deepEqual(await record.shown.runCounts(at), [
    { from: at[0], to: at[1], succeeded: 1, failed: 0, canceled: 0 },
    { from: at[1], to: at[2], succeeded: 1, failed: 1, canceled: 0 },
  ]);
});
