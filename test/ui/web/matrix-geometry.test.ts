import assert from "node:assert/strict";
import { test } from "node:test";
import {
  contentSize,
  hitAt,
  nearestSlot,
  neighbour,
  placesBetween,
  scrollToShow,
  tableGeometry,
  visibleSlots,
  wrappedGeometry,
} from "../../../ui/web/matrix/grid-geometry.ts";

const table = tableGeometry({ rows: 2000, columns: 200, cell: 20, headWidth: 150, headHeight: 100 });
const view = { left: 45, top: 110, width: 550, height: 300 };

test("only slots of which something is seen are in the range", () => {
  assert.deepEqual(visibleSlots(table, view), { firstLine: 5, lastLine: 15, firstSlot: 2, lastSlot: 22 });
  assert.deepEqual(visibleSlots(table, { ...view, left: 0, top: 0 }), {
    firstLine: 0,
    lastLine: 9,
    firstSlot: 0,
    lastSlot: 19,
  });
  const beyond = { left: 200 * 20 - 400, top: 2000 * 20 - 200, width: 900, height: 900 };
  assert.deepEqual(visibleSlots(table, beyond), { firstLine: 1990, lastLine: 1999, firstSlot: 180, lastSlot: 199 });
});

test("a point hits the cell, head or corner that is drawn there", () => {
  assert.deepEqual(hitAt(table, view, { x: 150, y: 100 }), { type: "cell", place: { row: 5, column: 2 } });
  assert.deepEqual(hitAt(table, view, { x: 149, y: 100 }), { type: "row", row: 5 });
  assert.deepEqual(hitAt(table, view, { x: 150, y: 99 }), { type: "column", column: 2 });
  assert.deepEqual(hitAt(table, view, { x: 10, y: 10 }), { type: "corner" });
  const short = tableGeometry({ rows: 1, columns: 1, cell: 20, headWidth: 150, headHeight: 100 });
  assert.deepEqual(hitAt(short, { ...view, left: 0, top: 0 }, { x: 180, y: 105 }), { type: "nothing" });
  assert.deepEqual(hitAt(short, { ...view, left: 0, top: 0 }, { x: 10, y: 125 }), { type: "nothing" });
});

test("the content holds the heads and all cells", () => {
  assert.deepEqual(contentSize(table), { width: 150 + 4000, height: 100 + 40_000 });
});

test("a cell is scrolled to by as little as shows it whole beside the heads", () => {
  assert.deepEqual(scrollToShow(table, view, { row: 8, column: 8 }), { left: 45, top: 110 });
  assert.deepEqual(scrollToShow(table, view, { row: 5, column: 2 }), { left: 40, top: 100 });
  assert.deepEqual(scrollToShow(table, view, { row: 15, column: 22 }), { left: 60, top: 120 });
});

test("one dimension wraps at the view's width, and its last line may be short", () => {
  const wrapped = wrappedGeometry({ count: 10, width: 95, slotWidth: 30, slotHeight: 20 });
  assert.deepEqual([wrapped.lines, wrapped.slots], [4, 3]);
  assert.deepEqual(wrapped.cellAt(1, 2), { row: 5, column: 0 });
  assert.equal(wrapped.cellAt(3, 1), null);
  assert.deepEqual(wrapped.slotOf({ row: 9, column: 0 }), { line: 3, slot: 0 });
  assert.deepEqual(hitAt(wrapped, { left: 0, top: 20, width: 95, height: 40 }, { x: 65, y: 5 }), {
    type: "cell",
    place: { row: 5, column: 0 },
  });
  assert.equal(wrappedGeometry({ count: 3, width: 10, slotWidth: 30, slotHeight: 20 }).slots, 1);
});

test("a rectangle drawn beyond the edge ends at the last cell", () => {
  const small = tableGeometry({ rows: 3, columns: 2, cell: 20, headWidth: 150, headHeight: 100 });
  const at = { left: 0, top: 0, width: 500, height: 500 };
  const end = nearestSlot(small, at, { x: 480, y: 490 });
  assert.deepEqual(end, { line: 2, slot: 1 });
  assert.deepEqual(nearestSlot(small, at, { x: -5, y: 3 }), { line: 0, slot: 0 });
  assert.equal([...placesBetween(small, end, { line: 1, slot: 0 })].length, 4);
});

test("an arrow key stops at the edge, and at the end of a short line", () => {
  assert.deepEqual(neighbour(table, { row: 0, column: 0 }, { lines: -1, slots: 0 }), { row: 0, column: 0 });
  assert.deepEqual(neighbour(table, { row: 0, column: 0 }, { lines: 10, slots: 1 }), { row: 10, column: 1 });
  const wrapped = wrappedGeometry({ count: 4, width: 90, slotWidth: 30, slotHeight: 20 });
  assert.deepEqual(neighbour(wrapped, { row: 2, column: 0 }, { lines: 1, slots: 0 }), { row: 2, column: 0 });
});
