import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssetView } from "../../../engine/operate.ts";
import { linePoints, seriesOf } from "../../../ui/web/pages/asset/numbers.ts";
import { lineageModel, reachOf, shapeOf } from "../../../ui/web/pages/assets/graph/graph-model.ts";
import { layOut } from "../../../ui/web/pages/assets/graph/layout.ts";
import { centre, fit, placeAt, zoom } from "../../../ui/web/pages/assets/graph/viewport.ts";
import { completed, suggestionsFor, wordAt } from "../../../ui/web/pages/assets/selection-words.ts";

function asset(key: string, facts: Partial<AssetView> = {}): AssetView {
  return {
    key,
    group: key.split("/")[0] ?? "",
    description: "",
    kinds: [],
    tags: {},
    partitionSet: null,
    status: "materialized",
    partitions: null,
    latest: null,
    deps: [],
    checks: [],
    pool: null,
    location: "",
    error: null,
    ...facts,
  };
}

const assets = [
  asset("load/summon", { tags: { team: "eco" } }),
  asset("load/release", { deps: ["load/summon"], status: "failed" }),
  asset("report/stats", { deps: ["load/release"], kinds: ["report"] }),
];

test("the word at the caret is completed from keys, groups, tags, kinds and the language's words", () => {
  assert.deepEqual(wordAt("group:load and +loa", 19), { from: 15, word: "+loa" });
  const texts = (word: string): readonly string[] => suggestionsFor(word, assets).map(({ text }) => text);
  assert.deepEqual(texts("+summ"), ["+load/summon"]);
  assert.deepEqual(texts("tag"), ["tag:team=eco"]);
  assert.deepEqual(texts("group:re"), ["group:report"]);
  assert.deepEqual(texts("an"), ["and"]);
  assert.deepEqual(texts(""), []);
});

test("a completion takes the word's place and leaves the rest of the text", () => {
  assert.deepEqual(completed("loa and not b", 3, "load/summon"), { text: "load/summon and not b", caret: 12 });
});

test("a folded group is one box with the worst of its states, and what leads into it leads to the box", () => {
  const { nodes, edges } = lineageModel(assets, new Set(["load"]));
  assert.deepEqual(
    nodes.map(({ id, status, assets: count }) => [id, status, count]),
    [
      ["group load", "failed", 2],
      ["report/stats", "materialized", 1],
    ],
  );
  assert.deepEqual(edges, [{ from: "group load", to: "report/stats" }]);
});

test("a change of states alone asks for no new layout", () => {
  const before = shapeOf(lineageModel(assets, new Set()));
  const after = shapeOf(
    lineageModel(
      assets.map((one) => ({ ...one, status: "running" as const })),
      new Set(),
    ),
  );
  assert.equal(before, after);
});

test("what is chosen lights all that leads to it and all that it leads to, and nothing beside", () => {
  const { edges } = lineageModel([...assets, asset("report/other", { deps: ["load/summon"] })], new Set());
  assert.deepEqual([...reachOf("load/release", edges)].toSorted(), ["load/release", "load/summon", "report/stats"]);
});

test("a layout places every box, upstream left of downstream", () => {
  const { nodes, edges } = layOut({
    id: 7,
    nodes: ["a", "b", "c"],
    edges: [
      ["a", "b"],
      ["b", "c"],
    ],
  });
  const x = new Map(nodes.map((node) => [node.id, node.x]));
  assert.equal((x.get("a") ?? 0) < (x.get("b") ?? 0) && (x.get("b") ?? 0) < (x.get("c") ?? 0), true);
  assert.equal(
    edges.every(({ points }) => points.length >= 4),
    true,
  );
});

test("zooming keeps the place under the pointer, and fitting shows all", () => {
  const view = { x: 10, y: 20, scale: 1 };
  const before = placeAt(view, 300, 200);
  const after = placeAt(zoom(view, { factor: 1.5, x: 300, y: 200 }), 300, 200);
  assert.equal(Math.abs(before.x - after.x) < 1e-9 && Math.abs(before.y - after.y) < 1e-9, true);
  const fitted = fit({ width: 1000, height: 500 }, { width: 500, height: 500 });
  assert.equal(fitted.scale, 0.5);
  const centred = centre(fitted, { x: 400, y: 100 }, { width: 500, height: 500 });
  assert.deepEqual(placeAt(centred, 250, 250), { x: 400, y: 100 });
});

test("numbers that several materializations name become lines, oldest first", () => {
  const series = seriesOf([{ pages: 9, name: "x", once: 1 }, { pages: 7 }, { pages: 5 }]);
  assert.deepEqual(series, [{ name: "pages", values: [5, 7, 9] }]);
  assert.equal(linePoints([5, 7, 9]), "0.0,29.0 50.0,15.0 100.0,1.0");
  assert.equal(linePoints([3, 3]), "0.0,15.0 100.0,15.0", "what does not change is a level line");
});
