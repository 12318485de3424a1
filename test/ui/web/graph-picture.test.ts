import "../../rigs/web/dom.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Scene } from "../../../ui/web/pages/assets/graph/paint.ts";
import { GraphPicture } from "../../../ui/web/pages/assets/graph/picture.ts";

/** A context that keeps the names of what it was told to do. */
function recorded() {
  const told: string[] = [];
  const copies: number[][] = [];
  const context = new Proxy({} as CanvasRenderingContext2D, {
    get:
      (_, name) =>
      (...given: unknown[]) => {
        told.push(String(name));
        if (name === "drawImage") copies.push(given.slice(1) as number[]);
      },
    set: () => true,
  });
  return { context, told, copies };
}

const scene: Scene = {
  layout: { id: 1, nodes: [], edges: [{ from: "a", to: "b", points: [0, 0, 50, 50] }], width: 100, height: 100 },
  nodes: new Map(),
  view: { x: 0, y: 0, scale: 1 },
  chosen: null,
  lit: null,
  palette: {} as Scene["palette"],
  font: "Inter",
  width: 200,
  height: 100,
  ratio: 1,
};

function moved(x: number, y: number, change: Partial<Scene> = {}): Scene {
  return { ...scene, ...change, view: { x, y, scale: 1 } };
}

test("a graph that is only moved is drawn once more, beyond the window, and then copied", (t) => {
  const screen = recorded();
  const beyond = recorded();
  t.mock.method(HTMLCanvasElement.prototype, "getContext", () => beyond.context);
  const picture = new GraphPicture();
  const strokes = (told: readonly string[]): number => told.filter((name) => name === "stroke").length;
  picture.paint(screen.context, scene);
  assert.deepEqual([strokes(screen.told), strokes(beyond.told)], [2, 0]);
  picture.paint(screen.context, moved(30, 10));
  picture.paint(screen.context, moved(100, -20));
  assert.deepEqual([strokes(screen.told), strokes(beyond.told)], [2, 2]);
  assert.deepEqual(screen.copies, [
    [-100, -50],
    [-30, -80],
  ]);
  picture.paint(screen.context, moved(131, -20));
  assert.deepEqual(strokes(beyond.told), 4, "beyond its margin it is drawn anew");
  assert.deepEqual(screen.copies.at(-1), [-100, -50]);
});

test("a graph that shows something else is drawn, not copied, and its picture as well when it is moved next", (t) => {
  const screen = recorded();
  const beyond = recorded();
  t.mock.method(HTMLCanvasElement.prototype, "getContext", () => beyond.context);
  const picture = new GraphPicture();
  picture.paint(screen.context, scene);
  picture.paint(screen.context, moved(5, 5));
  const before = screen.copies.length;
  for (const change of [{ chosen: "a" }, { lit: new Set(["a"]) }, { nodes: new Map() }, { width: 300 }]) {
    picture.paint(screen.context, moved(5, 5, change));
  }
  picture.paint(screen.context, { ...scene, view: { x: 5, y: 5, scale: 2 } });
  assert.equal(screen.copies.length, before);
  const drawn = beyond.told.length;
  picture.paint(screen.context, { ...scene, view: { x: 6, y: 6, scale: 2 } });
  assert.equal(screen.copies.length, before + 1);
  assert.equal(beyond.told.length > drawn, true, "the picture from before shows another scale");
});
