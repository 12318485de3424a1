/** The layers of a large graph: which column a box belongs to, and what passes through the columns between. */
export interface Layers {
  /** Boxes by their index, then places that long edges pass through. */
  readonly layerOf: Int32Array;
  readonly layers: readonly (readonly number[])[];
  /** Neighbours one layer before and one after, by index. */
  readonly before: readonly (readonly number[])[];
  readonly after: readonly (readonly number[])[];
  /** Of each edge all that it touches, from its beginning to its end. */
  readonly chains: readonly (readonly number[])[];
}

/** Places on the way of long edges, at most; beyond, edges are straight. */
const MAX_PASSED = 20_000;

/** `edges` are pairs of indices below `count`. Cycles, which folded groups may make, are broken where they are found. */
export function layersOf(count: number, edges: readonly (readonly [number, number])[]): Layers {
  const forward = withoutCycles(count, edges);
  const ranks = ranksOf(count, forward);
  const spans = forward.map(([from, to]) => (ranks[to] ?? 0) - (ranks[from] ?? 0) - 1);
  const isDetailed = spans.reduce((sum, span) => sum + span, 0) <= MAX_PASSED;
  const layerOf = [...ranks];
  const before: number[][] = layerOf.map(() => []);
  const after: number[][] = layerOf.map(() => []);
  const link = (from: number, to: number): void => {
    after[from]?.push(to);
    before[to]?.push(from);
  };
  const chains = forward.map(([from, to], edge) => {
    const chain = [from];
    for (let step = 1; isDetailed && step <= (spans[edge] ?? 0); step++) {
      chain.push(layerOf.length);
      layerOf.push((ranks[from] ?? 0) + step);
      before.push([]);
      after.push([]);
    }
    chain.push(to);
    for (let at = 1; at < chain.length; at++) link(chain[at - 1] ?? 0, chain[at] ?? 0);
    return edges[edge]?.[0] === from ? chain : chain.toReversed();
  });
  const layers: number[][] = [];
  for (const [index, layer] of layerOf.entries()) (layers[layer] ??= []).push(index);
  return { layerOf: Int32Array.from(layerOf), layers, before, after, chains };
}

/** The edges, those turned round that lead back to where a walk came from. */
function withoutCycles(
  count: number,
  edges: readonly (readonly [number, number])[],
): readonly (readonly [number, number])[] {
  const outgoing: number[][] = Array.from({ length: count }, () => []);
  for (const [edge, [from]] of edges.entries()) outgoing[from]?.push(edge);
  const state = new Uint8Array(count);
  const isBack = new Uint8Array(edges.length);
  const [WALKED, DONE] = [1, 2];
  for (let root = 0; root < count; root++) {
    if (state[root] !== 0) continue;
    const walk = [{ node: root, next: 0 }];
    state[root] = WALKED;
    for (let top = walk.at(-1); top !== undefined; top = walk.at(-1)) {
      const edge = outgoing[top.node]?.[top.next++];
      if (edge === undefined) {
        state[top.node] = DONE;
        walk.pop();
        continue;
      }
      const to = edges[edge]?.[1] ?? 0;
      if (state[to] === WALKED) isBack[edge] = 1;
      if (state[to] !== 0) continue;
      state[to] = WALKED;
      walk.push({ node: to, next: 0 });
    }
  }
  return edges.map(([from, to], edge) => (isBack[edge] === 1 ? [to, from] : [from, to]));
}

/** The longest way to each box; one that nothing leads to stands right before what it leads to. */
function ranksOf(count: number, edges: readonly (readonly [number, number])[]): readonly number[] {
  const outgoing: number[][] = Array.from({ length: count }, () => []);
  const waiting = new Int32Array(count);
  for (const [from, to] of edges) {
    outgoing[from]?.push(to);
    waiting[to] = (waiting[to] ?? 0) + 1;
  }
  const ranks = Array.from({ length: count }, () => 0);
  const roots = ranks.flatMap((_, node) => (waiting[node] === 0 ? [node] : []));
  const ready = [...roots];
  for (const node of ready) {
    for (const to of outgoing[node] ?? []) {
      ranks[to] = Math.max(ranks[to] ?? 0, (ranks[node] ?? 0) + 1);
      waiting[to] = (waiting[to] ?? 0) - 1;
      if (waiting[to] === 0) ready.push(to);
    }
  }
  for (const root of roots) {
    const nearest = (outgoing[root] ?? []).reduce((least, to) => Math.min(least, ranks[to] ?? 0), Infinity);
    if (nearest !== Infinity) ranks[root] = nearest - 1;
  }
  return ranks;
}
