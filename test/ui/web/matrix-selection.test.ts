import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cellsAt,
  cellsOfWord,
  moved,
  noSelection,
  placesOfColumn,
  placesOfRow,
  selectedCells,
  selectedCounts,
  withCells,
} from "../../../ui/web/matrix/cell-selection.ts";
import { placesBetween, tableGeometry } from "../../../ui/web/matrix/grid-geometry.ts";
import type { MatrixData } from "../../../ui/web/matrix/matrix-data.ts";
import { orderOf } from "../../../ui/web/matrix/matrix-order.ts";
import { chosenPartitions } from "../../../ui/web/matrix/partition-request.ts";
import { keyParts, keyText } from "../../../ui/web/matrix/partition-text.ts";
import { selectionOf, selectionTexts } from "../../../ui/web/matrix/selection-text.ts";
import { everything, matrixOf } from "../../rigs/web/matrix.ts";

const small = () => matrixOf({ columns: ["deep", "eco", "iow"], rows: { alpha: "F.M", beta: "MMM", gamma: "R.F" } });

function keysOf(data: MatrixData, selection: { readonly bits: Uint8Array; readonly count: number }): string[] {
  const width = data.columns.length;
  return [...selectedCells(selection)].map((cell) =>
    Object.values(data.partsAt(Math.floor(cell / width), cell % width)).join("|"),
  );
}

test("a selection holds only cells that exist, each once", () => {
  const data = small();
  const selection = withCells(data, noSelection(data), { cells: [0, 0, 1, 2], change: "add" });
  assert.deepEqual(keysOf(data, selection), ["alpha|deep", "alpha|iow"]);
  assert.equal(selection.count, 2);
});

test("a group is taken out by a toggle only where it is selected as a whole", () => {
  const data = small();
  const half = withCells(data, noSelection(data), { cells: [3], change: "add" });
  const whole = withCells(data, half, { cells: [3, 4, 5], change: "toggle" });
  assert.equal(whole.count, 3);
  assert.equal(withCells(data, whole, { cells: [3, 4, 5], change: "toggle" }).count, 0);
  assert.equal(half.count, 1);
});

test("replacing and removing change the count by what they change", () => {
  const data = small();
  const first = withCells(data, noSelection(data), { cells: [0, 2], change: "replace" });
  const second = withCells(data, first, { cells: [3], change: "replace" });
  assert.deepEqual(keysOf(data, second), ["beta|deep"]);
  assert.equal(withCells(data, first, { cells: [2, 3], change: "remove" }).count, 1);
});

test("rows, columns, rectangles and words select what is shown and passes the filter", () => {
  const data = small();
  const order = orderOf(data, { ...everything, sort: "failures", words: ["failed", "materialized"] });
  const geometry = tableGeometry({ rows: 3, columns: 3, cell: 10, headWidth: 0, headHeight: 0 });
  const select = (cells: Iterable<number>) =>
    keysOf(data, withCells(data, noSelection(data), { cells, change: "replace" }));
  // By failures gamma and alpha have one each, gamma one that runs besides.
  assert.deepEqual(select(cellsAt(data, order, placesOfRow(order, 0))), ["gamma|iow"]);
  assert.deepEqual(select(cellsAt(data, order, placesOfColumn(order, 0))), ["alpha|deep", "beta|deep"]);
  const corner = placesBetween(geometry, { line: 1, slot: 1 }, { line: 0, slot: 0 });
  assert.deepEqual(select(cellsAt(data, order, corner)), ["alpha|deep", "alpha|iow", "gamma|iow"]);
  assert.deepEqual(select(cellsOfWord(data, "failed")), ["alpha|deep", "gamma|iow"]);
});

test("what is selected is counted by word", () => {
  const data = small();
  const selection = withCells(data, noSelection(data), { cells: [0, 2, 3, 6], change: "replace" });
  const { failed, materialized, running, total } = selectedCounts(data, selection);
  assert.deepEqual({ failed, materialized, running, total }, { failed: 1, materialized: 2, running: 1, total: 4 });
});

test("a selection keeps its keys when the matrix is loaded anew with others", () => {
  const data = small();
  const selection = withCells(data, noSelection(data), { cells: [0, 8], change: "replace" });
  const anew = matrixOf({ columns: ["deep", "eco", "iow"], rows: { aaa: "MMM", alpha: "M.M" } });
  assert.deepEqual(keysOf(anew, moved(data, selection, anew)), ["alpha|deep"]);
});

test("few cells are written into the address by their keys, and read back", () => {
  const data = matrixOf({ columns: ["a|b", "c\\"], rows: { "x|y": "MM", "~z": "MM" } });
  const selection = withCells(data, noSelection(data), { cells: [1, 2], change: "replace" });
  const texts = selectionTexts(data, selection);
  assert.deepEqual(texts, ["=x\\|y|c\\\\", "=~z|a\\|b"]);
  assert.deepEqual(selectionOf(data, texts ?? []).bits, selection.bits);
  assert.equal(selectionOf(data, ["=nobody|c\\\\", "=x"]).count, 0);
  assert.equal(selectionOf(data, ["~z|a\\|b"]).count, 0);
});

/** 200 rows × 50 columns, sparse. */
function large(rows = 200): MatrixData {
  const text = (row: number) => Array.from({ length: 50 }, (_, at) => ((row + at) % 7 === 0 ? "." : "M")).join("");
  return matrixOf({
    columns: Array.from({ length: 50 }, (_, at) => `t${at}`),
    rows: Object.fromEntries(Array.from({ length: rows }, (_, row) => [`s${row}`, text(row)])),
  });
}

test("many cells are written as runs, which select nothing in another matrix", () => {
  const data = large();
  const cells = Array.from({ length: data.words.length }, (_, cell) => cell).filter((cell) => cell % 50 < 9);
  const selection = withCells(data, noSelection(data), { cells, change: "replace" });
  const texts = selectionTexts(data, selection);
  assert.equal(texts?.length, 1);
  assert.deepEqual(selectionOf(data, texts ?? []).bits, selection.bits);
  assert.equal(selectionOf(large(201), texts ?? []).count, 0);
  assert.equal(selectionOf(data, [`${texts?.[0]}-zz-!`]).count, 0);
});

test("the selection of all, and that of the first cells, are short runs", () => {
  const data = large();
  const all = withCells(data, noSelection(data), { cells: data.words.keys(), change: "replace" });
  const texts = selectionTexts(data, all) ?? [];
  assert.ok((texts[0]?.length ?? 99) < 20, texts[0] ?? "nothing");
  assert.deepEqual(selectionOf(data, texts).bits, all.bits);
});

test("a selection too ragged for an address stays out of it", () => {
  const data = large();
  const cells = [...data.words.keys()].filter((cell) => cell % 2 === 0);
  const ragged = withCells(data, noSelection(data), { cells, change: "replace" });
  assert.equal(selectionTexts(data, ragged), null);
});

test("keys are spelled as the engine spells them", () => {
  for (const parts of [
    ["iris", "eco"],
    ["a|b", "c\\"],
    ["\\|", "|"],
  ]) {
    assert.deepEqual(keyParts(keyText(parts), 2), parts);
  }
  assert.equal(keyText(["a|b"]), "a|b");
  assert.equal(keyParts("a|b|c", 2), null);
});

test("a full rectangle is asked for by dimensions, anything else by keys in the set's order", () => {
  const data = small();
  const request = (cells: number[], dimensions = ["source", "tenant"]) =>
    chosenPartitions(data, withCells(data, noSelection(data), { cells, change: "replace" }), dimensions);
  // alpha|eco does not exist, so that the rectangle is full without it.
  assert.deepEqual(request([0, 2, 3, 4, 5]), { source: ["alpha", "beta"], tenant: ["deep", "iow", "eco"] });
  assert.deepEqual(request([0, 4]), ["alpha|deep", "beta|eco"]);
  assert.deepEqual(request([0, 4], ["tenant", "source"]), ["deep|alpha", "eco|beta"]);
  assert.deepEqual(request([0]), ["alpha|deep"]);
});

test("cells that stand for several keys are asked for only as a rectangle, of all keys that are not shown", () => {
  const others = [
    { dimension: "month", key: null },
    { dimension: "kind", key: "full" },
  ];
  const data = matrixOf({ columns: ["deep", "eco"], rows: { alpha: "F.", beta: "MM" }, others });
  const dimensions = ["source", "tenant", "month", "kind"];
  const select = (cells: number[]) => withCells(data, noSelection(data), { cells, change: "replace" });
  assert.equal(chosenPartitions(data, select([0, 3]), dimensions), null);
  assert.deepEqual(chosenPartitions(data, select([2, 3]), dimensions), {
    source: ["beta"],
    tenant: ["deep", "eco"],
    kind: ["full"],
  });
  assert.deepEqual(chosenPartitions(data, select([2]), dimensions), {
    source: ["beta"],
    tenant: ["deep"],
    kind: ["full"],
  });
});

test("where all other dimensions are held at a key, cells are asked for by their whole keys", () => {
  const others = [{ dimension: "month", key: "may" }];
  const data = matrixOf({ columns: ["deep", "eco"], rows: { alpha: "F.", beta: "MM" }, others });
  const selection = withCells(data, noSelection(data), { cells: [0, 3], change: "replace" });
  assert.deepEqual(chosenPartitions(data, selection, ["month", "source", "tenant"]), [
    "may|alpha|deep",
    "may|beta|eco",
  ]);
});

test("keys of one dimension are asked for by name", () => {
  const data = matrixOf({ columns: null, rows: { iris: "M", "o|bis": "F" } });
  const selection = withCells(data, noSelection(data), { cells: [0, 1], change: "replace" });
  assert.deepEqual(chosenPartitions(data, selection, ["source"]), ["iris", "o|bis"]);
  assert.deepEqual(selectionTexts(data, selection), ["=iris", "=o|bis"]);
});
