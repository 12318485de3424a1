import type { AssetView, PartitionWord } from "../../../../../engine/operate.ts";

/** A box of the drawing: an asset, or a group whose assets are folded into it. */
export interface GraphNode {
  readonly id: string;
  readonly label: string;
  /** The group that it belongs to, or is. */
  readonly group: string;
  readonly isGroup: boolean;
  /** Of a group: how many assets it holds. */
  readonly assets: number;
  readonly status: PartitionWord;
  /** Shares of the partitions by word, 0 to 1; an asset without partitions is one. */
  readonly shares: Readonly<Record<"running" | "failed" | "materialized" | "stale" | "missing", number>>;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
}

export interface LineageModel {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export const GROUP_PREFIX = "group ";

const worst: readonly PartitionWord[] = ["failed", "running", "missing", "materialized", "retired"];

/** The shown assets and what leads from one to the other, with folded groups as one box each. */
export function lineageModel(assets: readonly AssetView[], folded: ReadonlySet<string>): LineageModel {
  const idOf = new Map(assets.map(({ key, group }) => [key, folded.has(group) ? `${GROUP_PREFIX}${group}` : key]));
  const nodes: GraphNode[] = [];
  for (const [group, own] of Map.groupBy(assets, ({ group }) => group)) {
    if (folded.has(group)) nodes.push(groupNode(group, own));
    else nodes.push(...own.map(assetNode));
  }
  const edges = new Map<string, GraphEdge>();
  for (const { key, deps } of assets) {
    const to = idOf.get(key);
    for (const dep of deps) {
      const from = idOf.get(dep);
      if (from !== undefined && to !== undefined && from !== to) edges.set(`${from}\n${to}`, { from, to });
    }
  }
  return { nodes, edges: [...edges.values()] };
}

function assetNode(asset: AssetView): GraphNode {
  const { key, group, status } = asset;
  return {
    id: key,
    label: key.slice(key.lastIndexOf("/") + 1),
    group,
    isGroup: false,
    assets: 1,
    status,
    shares: sharesOf([asset]),
  };
}

function groupNode(group: string, own: readonly AssetView[]): GraphNode {
  const status = worst.find((word) => own.some((asset) => asset.status === word)) ?? "missing";
  return {
    id: `${GROUP_PREFIX}${group}`,
    label: group,
    group,
    isGroup: true,
    assets: own.length,
    status,
    shares: sharesOf(own),
  };
}

function sharesOf(own: readonly AssetView[]): GraphNode["shares"] {
  const sums = { running: 0, failed: 0, materialized: 0, stale: 0, missing: 0 };
  let total = 0;
  for (const { partitions, status } of own) {
    if (partitions === null) {
      total++;
      if (status !== "retired") sums[status]++;
      continue;
    }
    total += partitions.total;
    sums.running += partitions.running;
    sums.failed += partitions.failed;
    sums.materialized += partitions.materialized - partitions.stale;
    sums.stale += partitions.stale;
    sums.missing += partitions.missing;
  }
  const share = (count: number): number => (total === 0 ? 0 : count / total);
  return {
    running: share(sums.running),
    failed: share(sums.failed),
    materialized: share(sums.materialized),
    stale: share(sums.stale),
    missing: share(sums.missing),
  };
}

/** What a layout depends on: another text is another drawing, however states change. */
export function shapeOf({ nodes, edges }: LineageModel): string {
  return JSON.stringify([nodes.map(({ id }) => id), edges.map(({ from, to }) => [from, to])]);
}

/** All that leads to a node, or that it leads to. */
export function reachOf(id: string, edges: readonly GraphEdge[]): ReadonlySet<string> {
  const reached = new Set([id]);
  for (const side of ["up", "down"] as const) {
    const waiting = [id];
    const seen = new Set([id]);
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const { from, to } of edges) {
        const other = side === "up" ? (to === next ? from : null) : from === next ? to : null;
        if (other === null || seen.has(other)) continue;
        seen.add(other);
        reached.add(other);
        waiting.push(other);
      }
    }
  }
  return reached;
}
