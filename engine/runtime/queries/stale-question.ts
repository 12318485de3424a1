import type { Asset, Dependency } from "../../core/assets.ts";
import type { Catalog } from "../../core/catalog.ts";
import { type PartitionSet, relatePartitions } from "../../core/partitions.ts";
import { upstreamKeys } from "../../core/plan.ts";
import type { DimensionMatch, StaleChunk, StaleParams, UpstreamIds } from "../../store/reader/staleness.ts";
import type { Store } from "../../store/store.ts";

/** What the reader has to be asked to find an asset's stale partitions, chunk by chunk. */
interface StaleQuestion {
  chunkAfter(afterId: number): Promise<StaleParams>;
}

export interface StaleQuestionParams {
  readonly store: Store;
  readonly catalog: Catalog;
}

/** How many input versions a chunk compares, about: some 20 ms of the reader's time. */
const COMPARED_VERSIONS = 20_000;
const MAX_CHUNK_PARTITIONS = 2000;
/** Of partitions whose upstream keys a function of the asset's author names. */
const LISTED_CHUNK_PARTITIONS = 200;

/** The ids of an asset's stale partitions, in chunks that take the reader some 20 ms each. */
export async function* stalePartitions(asset: Asset, params: StaleQuestionParams): AsyncGenerator<readonly number[]> {
  const question = staleQuestion(asset, params);
  let afterId: number | null = 0;
  while (afterId !== null) {
    const chunk: StaleChunk = await params.store.reader.query("findStale", await question.chunkAfter(afterId));
    yield chunk.stale;
    afterId = chunk.nextAfterId;
  }
}

function staleQuestion(asset: Asset, params: StaleQuestionParams): StaleQuestion {
  const { materializations } = params.store.tables;
  const assetId = materializations.assetId(asset.key);
  const dependencies = asset.step.dependencies.filter((dependency) => dependency.after === "success");
  const known = dependencies.map((dependency) => upstreamIds(asset, dependency, params));
  const limit = Math.min(...known.map((one) => one.chunk), MAX_CHUNK_PARTITIONS);
  return {
    async chunkAfter(afterId) {
      const listed = known.some((one) => one.upstream === null)
        ? await params.store.reader.query("materializedIds", { assetId, afterId, limit })
        : [];
      return {
        assetId,
        codeVersion: asset.codeVersion,
        afterId,
        limit,
        dependencies: dependencies.map((dependency, at) => ({
          assetId: materializations.assetId(dependency.asset.key),
          upstream: known[at]?.upstream ?? listedIds(asset, { dependency, partitions: listed, ...params }),
        })),
      };
    },
  };
}

interface KnownUpstream {
  /** Null: to be listed for each chunk. */
  readonly upstream: UpstreamIds | null;
  readonly chunk: number;
}

function upstreamIds(asset: Asset, dependency: Dependency, params: StaleQuestionParams): KnownUpstream {
  const from = asset.partitions;
  const to = dependency.asset.partitions;
  if (to === null) return { upstream: { type: "none" }, chunk: MAX_CHUNK_PARTITIONS };
  if (from === null || dependency.mapping !== null) return { upstream: null, chunk: LISTED_CHUNK_PARTITIONS };
  const relation = relatePartitions(from, to, params.catalog.partitionSets.values());
  switch (relation.type) {
    case "same":
      return { upstream: { type: "same" }, chunk: MAX_CHUNK_PARTITIONS };
    case "project": {
      const [dimension, ...others] = relation.dimensions;
      if (dimension === undefined || others.length > 0) return { upstream: null, chunk: LISTED_CHUNK_PARTITIONS };
      return { upstream: { type: "part", dimension }, chunk: MAX_CHUNK_PARTITIONS };
    }
    case "match": {
      const match = matchOf(from, { to, pairs: relation.pairs, ...params });
      return {
        upstream: { type: "match", match },
        chunk: chunkOf(from, { related: to, isCut: match.pairs.length > 0, ...params }),
      };
    }
    case "through": {
      const { via } = relation;
      const dimension = via.dimensions.findIndex((one) => one.set === to.dimensions[0]?.set);
      if (to.dimensions.length > 1) return { upstream: null, chunk: LISTED_CHUNK_PARTITIONS };
      const toVia = relatePartitions(from, via);
      if (toVia.type !== "match") return { upstream: null, chunk: LISTED_CHUNK_PARTITIONS };
      const match = matchOf(from, { to: via, pairs: toVia.pairs, ...params });
      return {
        upstream: { type: "through", via: match, dimension },
        chunk: chunkOf(from, { related: via, isCut: true, ...params }),
      };
    }
  }
}

interface MatchParams extends StaleQuestionParams {
  readonly to: PartitionSet;
  readonly pairs: DimensionMatch["pairs"];
}

function matchOf(from: PartitionSet, { to, pairs, store }: MatchParams): DimensionMatch {
  return { setId: store.tables.partitions.setId(to.name), fromBase: from.dimensions.length === 1, pairs };
}

interface ChunkParams extends StaleQuestionParams {
  readonly related: PartitionSet;
  /** Whether a partition relates to a share of the set, and not to all of it. */
  readonly isCut: boolean;
}

function chunkOf(from: PartitionSet, { related, isCut, store }: ChunkParams): number {
  const size = store.tables.partitions.set(related.name)?.active ?? 0;
  const own = store.tables.partitions.set(from.name)?.active ?? 0;
  const each = isCut ? size / Math.max(1, own) : size;
  return Math.max(1, Math.min(MAX_CHUNK_PARTITIONS, Math.floor(COMPARED_VERSIONS / Math.max(1, each))));
}

interface ListParams extends StaleQuestionParams {
  readonly dependency: Dependency;
  readonly partitions: readonly { readonly id: number; readonly key: string }[];
}

function listedIds(asset: Asset, { dependency, partitions, store, catalog }: ListParams): UpstreamIds {
  const set = dependency.asset.partitions;
  const ids: Record<string, readonly number[]> = {};
  for (const { id, key } of set === null ? [] : partitions) {
    const keys = upstreamKeys(asset.step, { dependency, key, catalog, index: store.tables.partitions.index });
    ids[id] =
      keys === "all" ? [] : [...keys].flatMap((one) => store.tables.partitions.find(set?.name ?? "", one)?.id ?? []);
  }
  return { type: "listed", ids: JSON.stringify(ids) };
}
