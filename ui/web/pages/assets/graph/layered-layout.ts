import { type Layers, layersOf } from "./layers.ts";
import { type Layout, type LayoutRequest, NODE_HEIGHT, NODE_WIDTH } from "./layout.ts";

const GAP = 16;
/** What an edge that passes between boxes takes. */
const PASSED_HEIGHT = 6;
const LAYER_GAP = 72;
const MARGIN = 24;
/** Passes over all layers, forth and back. */
const ORDERINGS = 6;
const PLACINGS = 6;

/**
 * Places the boxes of a large graph in layers, each near what it is connected with. It takes a hundredth of the time that
 * the tighter layout takes for thousands of boxes, as it never counts crossings.
 */
export function layOutLarge({ id, nodes, edges }: LayoutRequest): Layout {
  const indices = new Map(nodes.map((node, index) => [node, index]));
  const known = edges.filter(([from, to]) => indices.has(from) && indices.has(to) && from !== to);
  const graph = layersOf(
    nodes.length,
    known.map(([from, to]) => [indices.get(from) ?? 0, indices.get(to) ?? 0]),
  );
  const layers = ordered(graph);
  const y = placed(graph, { layers, boxes: nodes.length });
  const top = y.reduce((least, one) => Math.min(least, one), Infinity);
  const xOf = (index: number): number =>
    MARGIN + NODE_WIDTH / 2 + (graph.layerOf[index] ?? 0) * (NODE_WIDTH + LAYER_GAP);
  const yOf = (index: number): number => (y[index] ?? 0) - top + MARGIN + NODE_HEIGHT / 2;
  const bottom = y.reduce((most, one) => Math.max(most, one), top);
  return {
    id,
    width: nodes.length === 0 ? 0 : 2 * MARGIN + layers.length * (NODE_WIDTH + LAYER_GAP) - LAYER_GAP,
    height: nodes.length === 0 ? 0 : 2 * MARGIN + NODE_HEIGHT + bottom - top,
    nodes: nodes.map((node, index) => ({ id: node, x: xOf(index), y: yOf(index) })),
    edges: known.map(([from, to], edge) => {
      const chain = graph.chains[edge] ?? [];
      const points = chain.flatMap((index) => [xOf(index), yOf(index)]);
      // From side to side, not from middle to middle.
      const way = (points[0] ?? 0) < (points.at(-2) ?? 0) ? 1 : -1;
      points[0] = (points[0] ?? 0) + (way * NODE_WIDTH) / 2;
      points[points.length - 2] = (points.at(-2) ?? 0) - (way * NODE_WIDTH) / 2;
      return { from, to, points };
    }),
  };
}

/** Each layer in the order of the middles of what it is connected with, again and again. */
function ordered({ layers, before, after }: Layers): readonly (readonly number[])[] {
  const result = layers.map((layer) => [...layer]);
  const place = new Float64Array(before.length);
  const number = (layer: readonly number[]): void => {
    for (const [at, index] of layer.entries()) place[index] = at / Math.max(1, layer.length - 1);
  };
  for (const layer of result) number(layer);
  for (let pass = 0; pass < ORDERINGS; pass++) {
    const [way, neighbours] = pass % 2 === 0 ? [result, before] : [result.toReversed(), after];
    for (const layer of way) {
      const wish = new Map(layer.map((index) => [index, mean(neighbours[index] ?? [], place) ?? place[index] ?? 0]));
      layer.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0));
      number(layer);
    }
  }
  return result;
}

/** Where each stands, from above: as near to the middle of its neighbours as those beside it in its layer allow. */
function placed(
  { before, after }: Layers,
  { layers, boxes }: { readonly layers: readonly (readonly number[])[]; readonly boxes: number },
): Float64Array {
  const y = new Float64Array(before.length);
  const half = (index: number): number => (index < boxes ? NODE_HEIGHT : PASSED_HEIGHT) / 2;
  // How far below the first of its layer each stands where all stand as close as they may.
  const close = new Float64Array(before.length);
  for (const layer of layers) {
    for (const [at, index] of layer.entries()) {
      const above = layer[at - 1];
      close[index] = above === undefined ? 0 : (close[above] ?? 0) + half(above) + GAP + half(index);
    }
    const length = close[layer.at(-1) ?? 0] ?? 0;
    for (const index of layer) y[index] = (close[index] ?? 0) - length / 2;
  }
  for (let pass = 0; pass < PLACINGS; pass++) {
    const [way, neighbours] = pass % 2 === 0 ? [layers, before] : [layers.toReversed(), after];
    for (const layer of way) {
      const wishes = layer.map((index) => (mean(neighbours[index] ?? [], y) ?? y[index] ?? 0) - (close[index] ?? 0));
      for (const [at, wish] of rising(wishes).entries()) {
        const index = layer[at] ?? 0;
        y[index] = wish + (close[index] ?? 0);
      }
    }
  }
  return y;
}

/** The numbers that never fall and lie nearest to these, by least squares: those that would fall become their mean. */
export function rising(wishes: readonly number[]): readonly number[] {
  const groups: { sum: number; count: number }[] = [];
  for (const wish of wishes) {
    let group = { sum: wish, count: 1 };
    for (let last = groups.at(-1); last !== undefined; last = groups.at(-1)) {
      if (last.sum / last.count <= group.sum / group.count) break;
      group = { sum: last.sum + group.sum, count: last.count + group.count };
      groups.pop();
    }
    groups.push(group);
  }
  return groups.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count));
}

function mean(indices: readonly number[], values: Float64Array): number | null {
  if (indices.length === 0) return null;
  return indices.reduce((sum, index) => sum + (values[index] ?? 0), 0) / indices.length;
}
