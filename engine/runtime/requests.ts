import type { Asset } from "../core/assets.ts";
import type { Catalog } from "../core/catalog.ts";
import { EngineError } from "../core/errors.ts";
import type { Job } from "../core/jobs.ts";
import { keyOfParts, type PartitionSet, partsOfKey } from "../core/partitions.ts";
import { relatedKeys } from "../core/plan.ts";
import { selectAssets } from "../core/selection.ts";
import { cutIntoWaves } from "../core/waves.ts";
import type { Tables } from "../store/tables.ts";
import type { MaterializeRequest, PartitionRequest } from "./operations.ts";
import type { ResolvedWave } from "./run-maker.ts";

export interface ResolveParams {
  readonly catalog: Catalog;
  readonly tables: Pick<Tables, "partitions" | "materializations">;
}

/** What a request selects: a job's assets, or those of a list or a selection. Throws `not_found`, `invalid_request`. */
export function selectedAssets(
  request: MaterializeRequest,
  catalog: Catalog,
): { assets: readonly Asset[]; job: Job | null } {
  const given = [request.assets, request.selection, request.job].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw new EngineError("invalid_request", "say what to materialize by one of assets, selection and job");
  }
  if (request.job !== undefined) {
    const job = jobNamed(catalog, request.job);
    return { assets: job.assets, job };
  }
  const keys = request.assets ?? selectAssets(catalog, request.selection ?? "");
  if (keys.length === 0) throw new EngineError("invalid_request", "the selection is empty");
  const assets = keys.map((key) => {
    const asset = catalog.assets.get(key);
    if (asset === undefined)
      throw new EngineError("not_found", `there is no asset "${key}"`, { details: { asset: key } });
    return asset;
  });
  return { assets, job: null };
}

export function jobNamed(catalog: Catalog, name: string): Job {
  const job = catalog.jobs.get(name);
  if (job === undefined) throw new EngineError("not_found", `there is no job "${name}"`, { details: { job: name } });
  return job;
}

/** The waves of a request with their partitions, as they stand now. */
export function resolveWaves(
  what: { readonly assets: readonly Asset[]; readonly job: Pick<Job, "partitions" | "name"> | null },
  partitions: PartitionRequest | undefined,
  params: ResolveParams,
): readonly ResolvedWave[] {
  const { assets, job } = what;
  if (job === null) {
    return cutIntoWaves(params.catalog, assets).map((wave) => resolveWave(wave, partitions, params));
  }
  const set = job.partitions === null ? null : anchorSet({ assets, job }, partitions, params);
  return [resolveWave({ assets, set }, partitions, params)];
}

function resolveWave(
  wave: { readonly assets: readonly Asset[]; readonly set: PartitionSet | null },
  request: PartitionRequest | undefined,
  params: ResolveParams,
): ResolvedWave {
  const { set, assets } = wave;
  if (set === null) return { assets, set, partitions: [] };
  if (request === undefined) {
    throw new EngineError(
      "invalid_request",
      `${assets.map((asset) => asset.key).join(", ")} is partitioned by "${set.name}"; say which partitions: keys, ` +
        `"all", "missing", "failed", a range or dimensions`,
      { details: { partitionSet: set.name } },
    );
  }
  return { assets, set, partitions: keysOf({ set, assets }, request, params) };
}

interface KeyRow {
  readonly id: number;
  readonly key: string;
}

function keysOf(
  wave: { readonly set: PartitionSet; readonly assets: readonly Asset[] },
  request: PartitionRequest,
  params: ResolveParams,
): readonly KeyRow[] {
  const { set } = wave;
  const { partitions } = params.tables;
  if (request === "all") return partitions.active(set.name);
  if (request === "missing" || request === "failed") return keysByWord(wave, request, params);
  if (isKeyList(request)) return listedKeys(set, request, params);
  if (isRange(request)) {
    for (const end of [request.from, request.to]) knownKey(set, end, params);
    return partitions.active(set.name).filter((row) => row.key >= request.from && row.key <= request.to);
  }
  return keysByDimensions(set, request, params);
}

/** Keys that any of the wave's assets of this set lacks, or failed at. */
function keysByWord(
  wave: { readonly set: PartitionSet; readonly assets: readonly Asset[] },
  word: "missing" | "failed",
  { tables }: ResolveParams,
): readonly KeyRow[] {
  const setId = tables.partitions.setId(wave.set.name);
  const own = wave.assets.filter((asset) => asset.partitions?.name === wave.set.name);
  const found = new Map<string, KeyRow>();
  for (const asset of own) {
    const assetId = tables.materializations.assetId(asset.key);
    for (const row of tables.materializations.keysByWord({ assetId, setId, word })) found.set(row.key, row);
  }
  return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Keys of the set itself, or of another set that relates to it. */
function listedKeys(set: PartitionSet, keys: readonly string[], params: ResolveParams): readonly KeyRow[] {
  const other = setHolding(keys, [set, ...params.catalog.partitionSets.values()], params);
  if (other === null) {
    for (const key of keys) knownKey(set, key, params);
    return [];
  }
  const index = params.tables.partitions.index;
  const own = other === set ? keys : keys.flatMap((key) => relatedKeys({ set: other, key }, set, { ...params, index }));
  return [...new Set(own)].map((key) => knownKey(set, key, params));
}

function setHolding(
  keys: readonly string[],
  sets: readonly PartitionSet[],
  { tables }: ResolveParams,
): PartitionSet | null {
  return sets.find((set) => keys.every((key) => tables.partitions.index.isActive(set, key))) ?? null;
}

function knownKey(set: PartitionSet, key: string, { tables }: ResolveParams): KeyRow {
  partsOfKey(set, key);
  const row = tables.partitions.find(set.name, key);
  if (row?.state === "active") return row;
  const what = row === undefined ? "has no key" : "has retired its key";
  throw new EngineError("not_found", `the partition set "${set.name}" ${what} ${JSON.stringify(key)}`, {
    details: { partitionSet: set.name, key },
  });
}

type DimensionRequest = { readonly [dimension: string]: string | readonly string[] };

function keysByDimensions(set: PartitionSet, request: DimensionRequest, params: ResolveParams): readonly KeyRow[] {
  const wanted = new Map(
    Object.entries(request).map(([name, value]) => [name, typeof value === "string" ? [value] : value]),
  );
  const own = set.dimensions.filter((dimension) => wanted.has(dimension.name));
  if (own.length === 0) return relatedByDimensions(set, request, params);
  const rows = params.tables.partitions.active(set.name).filter((row) => {
    const parts = partsOfKey(set, row.key);
    return set.dimensions.every((dimension, at) => wanted.get(dimension.name)?.includes(parts[at] ?? "") ?? true);
  });
  const exact =
    own.length === set.dimensions.length && Object.values(request).every((value) => typeof value === "string");
  if (rows.length === 0 && exact) knownKey(set, keyOfParts(set, request as Readonly<Record<string, string>>), params);
  return rows;
}

/** The request names dimensions of another set: through the pairs that relate it to this one. */
function relatedByDimensions(set: PartitionSet, request: DimensionRequest, params: ResolveParams): readonly KeyRow[] {
  const names = Object.keys(request);
  const other = [...params.catalog.partitionSets.values()].find((one) =>
    names.every((name) => one.dimensions.some((dimension) => dimension.name === name)),
  );
  if (other === undefined) {
    throw new EngineError("invalid_request", `no partition set has the dimensions ${names.join(", ")}`, {
      details: { dimensions: set.dimensions.map((dimension) => dimension.name) },
    });
  }
  const index = params.tables.partitions.index;
  const keys = keysByDimensions(other, request, params).flatMap((row) =>
    relatedKeys({ set: other, key: row.key }, set, { ...params, index }),
  );
  return [...new Set(keys)].map((key) => knownKey(set, key, params));
}

/**
 * The set by whose keys a job's runs are cut: its own, or, where the request's keys or dimensions only fit the set of
 * one of its assets, that one (a source's loads by pair).
 */
function anchorSet(
  what: { readonly assets: readonly Asset[]; readonly job: Pick<Job, "partitions" | "name"> },
  request: PartitionRequest | undefined,
  params: ResolveParams,
): PartitionSet | null {
  const own = what.job.partitions;
  if (own === null || request === undefined || typeof request === "string" || isRange(request)) return own;
  const sets = [own, ...what.assets.flatMap((asset) => asset.partitions ?? [])];
  if (isKeyList(request)) return setHolding(request, sets, params) ?? own;
  const names = Object.keys(request);
  return sets.find((set) => names.every((name) => set.dimensions.some((dimension) => dimension.name === name))) ?? own;
}

function isKeyList(request: PartitionRequest): request is readonly string[] {
  return Array.isArray(request);
}

function isRange(request: PartitionRequest): request is { readonly from: string; readonly to: string } {
  return typeof request === "object" && "from" in request && "to" in request && Object.keys(request).length === 2;
}
