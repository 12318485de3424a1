import { EngineError, selectAssets } from "../../../engine/operate.ts";
import {
  asset,
  assetPartitionPage,
  failureOfPartition,
  graph,
  job,
  keyCounts,
  materialization,
  matrix,
  partitionWord,
} from "../schemas/assets.ts";
import { problems } from "../schemas/problems.ts";
import { key, list, name, nullable, options, page, paging, record, selection, text } from "../schemas/values.ts";
import { checkRoutes } from "./checks.ts";
import type { ProjectScope } from "../server-options.ts";
import type { App } from "../typed-app.ts";

const keyPath = record({ key: { ...name, description: "percent-encoded: ingest%2Fgleanerio_run" } });

const MAX_FIXED_KEYS = 16;
const fixedKeys = {
  type: "array",
  items: key,
  maxItems: MAX_FIXED_KEYS,
  description: "dimension=key: only partitions with this key in a dimension that makes no rows or columns",
} as const;

/** The catalogue: assets with their partitions and history, the graph, the jobs. */
export function assetRoutes(app: App, { engine }: ProjectScope): void {
  const { queries, catalog } = engine;
  const config = { role: "viewer" } as const;

  app.get(
    "/assets",
    {
      config,
      schema: {
        tags: ["assets"],
        summary: "All assets, or those of a selection, with the counts of their partitions",
        querystring: options({ selection }),
        response: { 200: page(asset), ...problems },
      },
    },
    (request) => {
      const items = queries.assets();
      if (request.query.selection === undefined) return { items, nextCursor: null };
      const chosen = new Set(selectAssets(catalog, request.query.selection));
      return { items: items.filter((item) => chosen.has(item.key)), nextCursor: null };
    },
  );

  app.get(
    "/assets/:key",
    {
      config,
      schema: { tags: ["assets"], summary: "One asset", params: keyPath, response: { 200: asset, ...problems } },
    },
    (request) => queries.asset(request.params.key),
  );

  app.get(
    "/assets/:key/partitions",
    {
      config,
      schema: {
        tags: ["assets"],
        summary: "The partitions of an asset, all or one",
        params: keyPath,
        querystring: options({ partition: key, status: partitionWord, prefix: key, ...paging }),
        response: { 200: assetPartitionPage, ...problems },
      },
    },
    async (request) => {
      const { partition, ...params } = request.query;
      if (partition === undefined) return await queries.assetPartitions(request.params.key, params);
      if (params.status !== undefined || params.prefix !== undefined) {
        throw new EngineError("invalid_request", "give either partition, or status and prefix");
      }
      return { items: [queries.assetPartition(request.params.key, partition)], nextCursor: null };
    },
  );

  app.get(
    "/assets/:key/matrix",
    {
      config,
      schema: {
        tags: ["assets"],
        summary: "The partitions of an asset as a matrix: pages tell first its keys, then its cells in any order",
        params: keyPath,
        querystring: options({ rows: name, columns: name, where: fixedKeys, cursor: paging.cursor }),
        response: { 200: matrix, ...problems },
      },
    },
    async (request) => await queries.matrix(request.params.key, request.query),
  );

  app.get(
    "/assets/:key/key-counts",
    {
      config,
      schema: {
        tags: ["assets"],
        summary: "How the partitions of an asset stand, by their key in one dimension",
        params: keyPath,
        querystring: record({ dimension: name }),
        response: { 200: keyCounts, ...problems },
      },
    },
    async (request) => await queries.keyCounts(request.params.key, request.query.dimension),
  );

  app.get(
    "/failures",
    {
      config,
      schema: {
        tags: ["assets"],
        summary: "What failed and was not put right, newest first, over all assets",
        querystring: options({ limit: paging.limit }),
        response: { 200: page(failureOfPartition), ...problems },
      },
    },
    async (request) => await queries.failures(request.query),
  );

  app.get(
    "/assets/:key/materializations",
    {
      config,
      schema: {
        tags: ["assets"],
        summary: "What was made of an asset, newest first",
        params: keyPath,
        querystring: options({ partition: key, ...paging }),
        response: { 200: page(materialization), ...problems },
      },
    },
    async (request) => await queries.materializations(request.params.key, request.query),
  );

  checkRoutes(app, { engine });

  app.get(
    "/graph",
    { config, schema: { tags: ["assets"], summary: "What depends on what", response: { 200: graph, ...problems } } },
    () => queries.graph(),
  );

  app.get(
    "/jobs",
    {
      config,
      schema: {
        tags: ["jobs"],
        summary: "All jobs",
        response: { 200: record({ items: list(job), nextCursor: nullable(text) }), ...problems },
      },
    },
    () => ({ items: queries.jobs(), nextCursor: null }),
  );
}
