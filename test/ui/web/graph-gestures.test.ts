import assert from "node:assert/strict";
import test from "node:test";
import { graphGestures } from "../../../ui/web/pages/assets/graph/graph-gestures.ts";
import { placeAt } from "../../../ui/web/pages/assets/graph/viewport.ts";

const view = { x: 10, y: 20, scale: 1 };

test("one pointer pans, and one that hardly moves has tapped", () => {
  const gestures = graphGestures();
  gestures.down(1, { x: 100, y: 100 });
  assert.deepEqual(gestures.move(1, { at: { x: 103, y: 102 }, view }), { x: 13, y: 22, scale: 1 });
  assert.equal(gestures.up(1), true);
  gestures.down(1, { x: 100, y: 100 });
  gestures.move(1, { at: { x: 150, y: 100 }, view });
  assert.equal(gestures.up(1), false);
  assert.equal(gestures.move(1, { at: { x: 160, y: 100 }, view }), null, "nothing is down");
});

test("two fingers zoom around what lies between them, and choose nothing", () => {
  const gestures = graphGestures();
  gestures.down(1, { x: 100, y: 100 });
  gestures.down(2, { x: 200, y: 100 });
  const first = gestures.move(1, { at: { x: 50, y: 100 }, view }) ?? assert.fail("it moves");
  const last = gestures.move(2, { at: { x: 250, y: 100 }, view: first }) ?? assert.fail("it moves");
  assert.equal(last.scale, 2);
  assert.deepEqual(placeAt(last, 150, 100), placeAt(view, 150, 100));
  assert.equal(gestures.up(1), false);
  assert.equal(gestures.up(2), false);
  gestures.down(1, { x: 100, y: 100 });
  gestures.down(2, { x: 200, y: 100 });
  assert.deepEqual([gestures.up(1), gestures.up(2)], [false, false], "two that rest are no tap either");
});

test("a third finger does nothing, and a gesture that the system takes over is forgotten", () => {
  const gestures = graphGestures();
  gestures.down(1, { x: 0, y: 0 });
  gestures.down(2, { x: 10, y: 0 });
  gestures.down(3, { x: 20, y: 0 });
  assert.equal(gestures.move(3, { at: { x: 90, y: 0 }, view }), null);
  gestures.cancel();
  assert.equal(gestures.move(1, { at: { x: 50, y: 50 }, view }), null);
  assert.equal(gestures.up(1), false);
});
