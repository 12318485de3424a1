import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssetPartitionView, PartitionWord } from "../../../engine/operate.ts";
import { cellWords } from "../../../ui/web/matrix/matrix-data.ts";
import { orderOf, listOrder } from "../../../ui/web/matrix/matrix-order.ts";
import { everything, matrixOf } from "../../rigs/web/matrix.ts";

function changed(source: string, tenant: string, status: PartitionWord): AssetPartitionView {
  const latest = { at: "2026-01-02T00:00:00.000Z" } as AssetPartitionView["latest"];
  return { key: `${source}|${tenant}`, parts: { source, tenant }, status, latest, error: null, liveRunId: null };
}

const small = () =>
  matrixOf({
    columns: ["deep", "eco", "iow"],
    rows: { alpha: "F.M", beta: "MMM", gamma: "R.F" },
    // s since the epoch, by cell
    at: { alpha: [50, 0, 10], beta: [0, 90, 0], gamma: [20, 0, 30] },
  });

test("a matrix of pages has each pair's word and counts by row, column and whole", () => {
  const data = small();
  assert.equal(data.wordAt(0, 0), "failed");
  assert.equal(data.wordAt(0, 1), null);
  assert.deepEqual(data.rowCounts(2), { failed: 1, running: 1, stale: 0, missing: 0, materialized: 0, total: 2 });
  assert.deepEqual(data.columnCounts(0), { failed: 1, running: 1, stale: 0, missing: 0, materialized: 1, total: 3 });
  assert.equal(data.allCounts().total, 7);
});

test("a changed partition changes its cell, the counts and the remembered changes", () => {
  const data = small();
  assert.equal(data.apply(changed("alpha", "deep", "materialized")), true);
  assert.equal(data.wordAt(0, 0), "materialized");
  assert.equal(data.rowCounts(0).failed, 0);
  assert.equal(data.columnCounts(0).materialized, 2);
  assert.equal(data.rowNewest(0), Date.parse("2026-01-02T00:00:00.000Z") / 1000);
  assert.deepEqual(data.changesAfter(0), [0]);
  assert.deepEqual(data.changesAfter(1), []);
});

test("a pair that the matrix did not have yet appears; a key that it does not know asks for a new load", () => {
  const data = small();
  assert.equal(data.apply(changed("alpha", "eco", "missing")), true);
  assert.equal(data.columnCounts(1).total, 2);
  assert.equal(data.apply(changed("delta", "eco", "missing")), false);
});

test("where a dimension is left open, the worst of a place stands for all, and a change asks for a new load", () => {
  const others = [{ dimension: "year", key: null }];
  const data = matrixOf({
    columns: ["deep", "eco"],
    rows: { alpha: "MM", beta: "RM" },
    others,
    further: { alpha: "F-" },
  });
  assert.deepEqual([data.wordAt(0, 0), data.wordAt(0, 1), data.wordAt(1, 0)], ["failed", "missing", "running"]);
  assert.equal(data.allCounts().total, 4);
  assert.equal(data.isExact, false);
  const change = changed("alpha", "deep", "running");
  assert.equal(data.apply({ ...change, parts: { ...change.parts, year: "2026" } }), false);
});

test("where the other dimension is fixed, changes of its other keys are none of the matrix", () => {
  const others = [{ dimension: "year", key: "2026" }];
  const data = matrixOf({ columns: ["deep"], rows: { alpha: "M" }, others });
  const change = changed("alpha", "deep", "failed");
  assert.equal(data.apply({ ...change, parts: { ...change.parts, year: "2025" } }), true);
  assert.equal(data.wordAt(0, 0), "materialized");
  assert.equal(data.apply({ ...change, parts: { ...change.parts, year: "2026" } }), true);
  assert.equal(data.wordAt(0, 0), "failed");
});

test("who is further behind than changes are remembered is told to draw anew", () => {
  const data = small();
  for (let change = 0; change < 60_000; change++) data.apply(changed("alpha", "deep", "running"));
  assert.equal(data.changesAfter(0), null);
  assert.deepEqual(data.changesAfter(data.version - 2), [0, 0]);
});

test("rows and columns sort by name, by failures and by age, with ties by name", () => {
  const data = small();
  const names = (sort: "name" | "failures" | "age") => {
    const { rows, columns } = orderOf(data, { ...everything, sort });
    return [rows.map((row) => data.rows[row]).join(), columns.map((column) => data.columns[column]).join()];
  };
  assert.deepEqual(names("name"), ["alpha,beta,gamma", "deep,eco,iow"]);
  assert.deepEqual(names("failures"), ["gamma,alpha,beta", "deep,iow,eco"]);
  assert.deepEqual(names("age"), ["beta,alpha,gamma", "eco,deep,iow"]);
});

test("a text keeps the rows and columns that hold it; where only one side has any, the other stays whole", () => {
  const data = small();
  const shown = (text: string) => {
    const { rows, columns } = orderOf(data, { ...everything, text });
    return [rows.length, columns.length];
  };
  assert.deepEqual(shown("ALPHA"), [1, 3]);
  assert.deepEqual(shown("eco"), [3, 1]);
  assert.deepEqual(shown("a"), [3, 3]);
  assert.deepEqual(shown("nowhere"), [0, 3]);
});

test("a status keeps rows and columns that have it, and only such cells pass", () => {
  const data = small();
  const order = orderOf(data, { ...everything, words: ["failed"] });
  assert.deepEqual(
    [order.rows, order.columns],
    [
      [0, 2],
      [0, 2],
    ],
  );
  assert.deepEqual(
    [...listOrder(data, order)].map((cell) => data.words[cell]),
    [0, 0],
  );
  assert.deepEqual(
    order.passes,
    cellWords.map((word) => word === "failed"),
  );
});

test("a row and a column of the address keep exactly those", () => {
  const data = small();
  const order = orderOf(data, { ...everything, row: "beta", column: "iow" });
  assert.deepEqual([order.rows, order.columns], [[1], [2]]);
  assert.deepEqual([...listOrder(data, order)], [5]);
});

test("shown cells leave out pairs that do not exist", () => {
  const data = small();
  assert.equal(listOrder(data, orderOf(data, everything)).length, 7);
});
