import { Graph, layout } from "@dagrejs/dagre";

export const NODE_WIDTH = 176;
export const NODE_HEIGHT = 44;

export interface LayoutRequest {
  readonly id: number;
  readonly nodes: readonly string[];
  readonly edges: readonly (readonly [from: string, to: string])[];
}

export interface PlacedNode {
  readonly id: string;
  /** The centre. */
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly id: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly points: readonly number[] }[];
  readonly width: number;
  readonly height: number;
}

/** Places boxes in columns from what comes first to what comes last. */
export function layOut({ id, nodes, edges }: LayoutRequest): Layout {
  const graph = new Graph();
  graph.setGraph({
    rankdir: "LR",
    nodesep: 16,
    ranksep: 56,
    marginx: 24,
    marginy: 24,
    ranker: "network-simplex",
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const [from, to] of edges) graph.setEdge(from, to);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    id,
    width,
    height,
    nodes: nodes.map((node) => {
      const { x, y } = graph.node(node) as { x: number; y: number };
      return { id: node, x, y };
    }),
    edges: edges.map(([from, to]) => {
      const { points = [] } = graph.edge(from, to) as { points?: readonly { x: number; y: number }[] };
      return { from, to, points: points.flatMap(({ x, y }) => [x, y]) };
    }),
  };
}
