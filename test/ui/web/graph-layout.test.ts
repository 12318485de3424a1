import assert from "node:assert/strict";
import { test } from "node:test";
import { assets } from "../../bench/web/graph-definitions.ts";
import { layOutLarge, rising } from "../../../ui/web/pages/assets/graph/layered-layout.ts";
import { type Layout, NODE_HEIGHT, NODE_WIDTH } from "../../../ui/web/pages/assets/graph/layout.ts";

type Edge = readonly [from: string, to: string];

/** Pairs of boxes of one column that lie over each other. */
function overlapping({ nodes }: Layout): readonly string[] {
  return [...Map.groupBy(nodes, ({ x }) => x).values()].flatMap((column) => {
    const sorted = column.toSorted((a, b) => a.y - b.y);
    return sorted.flatMap(({ id, y }, at) => {
      const above = sorted[at - 1];
      return above !== undefined && y - above.y < NODE_HEIGHT ? [`${above.id} ${id}`] : [];
    });
  });
}

test("a large graph runs from left to right, and no box lies over another", () => {
  const edges = assets.flatMap(({ key, step }) => step.dependencies.map(({ asset }): Edge => [asset.key, key]));
  const layout = layOutLarge({ id: 1, nodes: assets.map(({ key }) => key), edges });
  assert.equal(layout.nodes.length, 2000);
  const x = new Map(layout.nodes.map((node) => [node.id, node.x]));
  assert.deepEqual(
    edges.filter(([from, to]) => (x.get(from) ?? 0) >= (x.get(to) ?? 0)),
    [],
  );
  assert.deepEqual(overlapping(layout), []);
  assert.equal(
    layout.nodes.every((node) => node.x > 0 && node.x < layout.width && node.y > 0 && node.y < layout.height),
    true,
  );
});

test("a box stands beside what it is connected with", () => {
  const chains = Array.from({ length: 30 }, (_, at): Edge => [`from ${at}`, `to ${(at * 7) % 30}`]);
  const { nodes } = layOutLarge({ id: 1, nodes: chains.flat().toSorted(), edges: chains });
  const y = new Map(nodes.map((node) => [node.id, node.y]));
  const aside = chains.map(([from, to]) => Math.abs((y.get(from) ?? 0) - (y.get(to) ?? 0)));
  assert.equal(Math.max(...aside) < 1e-6, true, "chains that cross nowhere are level lines");
});

test("an edge over several columns passes between their boxes", () => {
  const edges: readonly Edge[] = [
    ["a", "b"],
    ["b", "c"],
    ["a", "c"],
  ];
  const { nodes, edges: drawn } = layOutLarge({ id: 1, nodes: ["a", "b", "c"], edges });
  const long = drawn.find(({ from, to }) => from === "a" && to === "c")?.points ?? [];
  const [a, b] = nodes;
  assert.equal(long[0], (a?.x ?? 0) + NODE_WIDTH / 2, "it begins at the box's side");
  assert.equal(long.length, 6);
  assert.equal(long[2], b?.x);
  assert.equal(Math.abs((long[3] ?? 0) - (b?.y ?? 0)) > NODE_HEIGHT / 2, true);
});

test("groups that depend on each other are drawn all the same, their edges as they are", () => {
  const edges: readonly Edge[] = [
    ["a", "b"],
    ["b", "c"],
    ["c", "a"],
  ];
  const { nodes, edges: drawn } = layOutLarge({ id: 1, nodes: ["a", "b", "c"], edges });
  assert.equal(new Set(nodes.map(({ x }) => x)).size, 3);
  assert.deepEqual(
    drawn.map(({ from, to }) => [from, to]),
    edges,
  );
  const back = drawn[2]?.points ?? [];
  assert.equal((back[0] ?? 0) > (back.at(-2) ?? 0), true, "the one that closes the circle leads back");
  assert.deepEqual(layOutLarge({ id: 1, nodes: [], edges: [] }).nodes, []);
});

test("numbers that may not fall become the nearest ones that do not", () => {
  assert.deepEqual(rising([1, 3, 2, 5]), [1, 2.5, 2.5, 5]);
  assert.deepEqual(rising([3, 2, 1]), [2, 2, 2]);
  assert.deepEqual(rising([]), []);
});
