import type { Asset } from "../../core/assets.ts";
import type { Catalog } from "../../core/catalog.ts";
import { EngineError } from "../../core/errors.ts";
import type { PartitionWord } from "../../core/states.ts";
import type { Store } from "../../store/store.ts";
import type { AssetPartitionSummaryRow } from "../../store/tables/asset-partition-summaries.ts";
import type { AssetRow } from "../../store/tables/materializations.ts";
import { NO_PARTITION, type SetRow } from "../../store/tables/partitions.ts";
import { type CheckViews, checkViews } from "./check-views.ts";
import type { AssetPartitionView, AssetView, GraphView, LatestView, PartitionCounts } from "../views.ts";
import type { KeyParts } from "./key-parts.ts";
import { failureView, latestView } from "./latest-views.ts";
import type { Staleness } from "./staleness.ts";

export interface AssetViewsParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly keyParts: KeyParts;
  readonly staleness: Pick<Staleness, "count">;
}

export interface AssetViews {
  readonly all: () => readonly AssetView[];
  readonly one: (key: string) => AssetView;
  readonly graph: () => GraphView;
  readonly partition: (asset: Asset, row: AssetPartitionSummaryRow) => AssetPartitionView;
}

interface Rows {
  readonly checksOf: ReturnType<CheckViews["all"]>;
  readonly assets: ReadonlyMap<string, AssetRow>;
  readonly sets: ReadonlyMap<string, SetRow>;
}

/** Of an asset that came into the code after the engine last ran: a record that is only read does not know it. */
const UNDECLARED = { materialized: 0, failed: 0, running: 0 };

/** Assets by their counters, which the store keeps, so that all of them cost some point reads each. */
export function assetViews(params: AssetViewsParams): AssetViews {
  const { store, catalog, keyParts } = params;
  const { materializations, partitions, summaries } = store.tables;
  const latestOf = newestReader(store);

  const checks = checkViews(params);

  const readRows = (): Rows => ({
    checksOf: checks.all(),
    assets: new Map(materializations.assets().map((row) => [row.key, row])),
    sets: new Map(partitions.sets().map((row) => [row.name, row])),
  });

  const view = (asset: Asset, rows: Rows): AssetView => {
    const row = rows.assets.get(asset.key);
    const failure = row === undefined || row.failed === 0 ? undefined : summaries.newestFailure(row.id);
    return {
      key: asset.key,
      group: asset.group,
      description: asset.description,
      kinds: asset.kinds,
      tags: asset.tags,
      partitionSet: asset.partitions?.name ?? null,
      ...stateOf(asset, { ...params, rows }),
      latest: row === undefined ? null : latestOf(row),
      checks: rows.checksOf(asset),
      deps: catalog.graph.inNeighbors(asset.key),
      pool: asset.step.pool,
      location: catalog.locations.get(`asset:${asset.key}`) ?? "",
      error: failure === undefined ? null : failureView(failure),
    };
  };

  return {
    all() {
      const rows = readRows();
      return [...catalog.assets.values()].map((asset) => view(asset, rows));
    },
    one: (key) => view(assetOf(catalog, key), readRows()),
    graph() {
      const rows = readRows();
      const nodes = [...catalog.assets.values()].map((asset) => ({
        key: asset.key,
        group: asset.group,
        ...stateOf(asset, { ...params, rows }),
        partitionSet: asset.partitions?.name ?? null,
      }));
      return { nodes, edges: catalog.graph.mapEdges((_edge, _facts, from, to) => ({ from, to })) };
    },
    partition: (asset, row) => ({
      key: row.key,
      parts: asset.partitions === null ? {} : keyParts(JSON.stringify(asset.partitions.dimensions), row.key),
      status: row.word,
      latest: row.latest === null ? null : latestView(row.latest),
      error: failureView(row),
      liveRunId: row.live_run_uid,
    }),
  };
}

/** The newest materialization of an asset; it never changes, so its view is made once while it is the newest. */
function newestReader({ tables }: Store): (row: AssetRow) => LatestView | null {
  const { materializations } = tables.summaries;
  const known = new Map<string, { readonly id: number; readonly view: LatestView | null }>();
  return (row) => {
    const id = materializations.newestId(row.id);
    if (id === null) return null;
    const before = known.get(row.key);
    if (before?.id === id) return before.view;
    const made = materializations.byId(id);
    const view = made === undefined ? null : latestView(made);
    known.set(row.key, { id, view });
    return view;
  };
}

interface StateParams extends AssetViewsParams {
  readonly rows: Rows;
}

/** The word of an asset without partitions; else its counts, and the worst of its partitions' words. */
function stateOf(asset: Asset, { rows, store, staleness }: StateParams): Pick<AssetView, "status" | "partitions"> {
  const row = rows.assets.get(asset.key);
  if (asset.partitions === null) {
    const record = row && store.tables.materializations.partition(row.id, NO_PARTITION);
    return { status: record?.word ?? "missing", partitions: null };
  }
  const set = rows.sets.get(asset.partitions.name);
  const total = set?.active ?? 0;
  const { materialized, failed, running } = row ?? UNDECLARED;
  const missing = total - materialized - failed - running;
  const stale = row === undefined ? 0 : Math.min(staleness.count(asset, row), materialized);
  const partitions = { total, materialized, missing, failed, running, stale, retired: set?.retired ?? 0 };
  return { status: worstWord(partitions), partitions };
}

/** The asset of the code by its key; throws `not_found`. */
export function assetOf(catalog: Catalog, key: string): Asset {
  const asset = catalog.assets.get(key);
  if (asset === undefined) {
    throw new EngineError("not_found", `there is no asset ${JSON.stringify(key)}`, { details: { asset: key } });
  }
  return asset;
}

/** Of many partitions the word that needs attention first; without any, `missing`. */
function worstWord(counts: PartitionCounts): PartitionWord {
  if (counts.failed > 0) return "failed";
  if (counts.running > 0) return "running";
  return counts.missing > 0 || counts.total === 0 ? "missing" : "materialized";
}
