import type { Catalog } from "../core/catalog.ts";
import type { AssetCheck } from "../core/checks.ts";
import { EngineError } from "../core/errors.ts";
import type { Job } from "../core/jobs.ts";
import { keyOfParts, type PartitionSet, partsOfKey } from "../core/partitions.ts";
import { relatedKeys } from "../core/plan.ts";
import { selectAssets } from "../core/selection.ts";
import { checksOfAssets, stepsOf, targetKeys, type Targets, targetsOfJob } from "../core/targets.ts";
import { cutIntoWaves, type Wave } from "../core/waves.ts";
import type { Tables } from "../store/tables.ts";
import type { MaterializeRequest, PartitionRequest } from "./operations.ts";
import type { ResolvedWave } from "./run-maker.ts";
import { NO_PARTITION } from "../store/tables/partitions.ts";

export interface ResolveParams {
  readonly catalog: Catalog;
  readonly tables: Pick<Tables, "partitions" | "materializations" | "checks">;
  /** The stale partitions of each asset, where the request asks for them: to find them takes the reader. */
  readonly stale?: ReadonlyMap<string, Ids> | undefined;
}

/** What is selected, and the job by which it was. */
export interface Selected extends Targets {
  readonly job: Job | null;
}

/** What a request selects: a job's assets, or those of a list or a selection, and checks. Throws `not_found`, `invalid_request`. */
export function selectedTargets(request: MaterializeRequest, catalog: Catalog): Selected {
  const { job, assets, checks } = selectedAssets(request, catalog);
  switch (request.checks) {
    case undefined:
    case "all":
      return { job, assets, checks };
    case "none":
      return { job, assets, checks: [] };
    case "only":
      if (checks.length > 0) return { job, assets: [], checks };
      throw new EngineError("invalid_request", "what is selected has no checks");
    default:
      return { job, assets, checks: request.checks.map((key) => checkNamed(catalog, key)) };
  }
}

function selectedAssets(request: MaterializeRequest, catalog: Catalog): Selected {
  const given = [request.assets, request.selection, request.job].filter((one) => one !== undefined);
  if (given.length === 0 && typeof request.checks === "object" && request.checks.length > 0) {
    return { job: null, assets: [], checks: [] };
  }
  if (given.length !== 1) {
    throw new EngineError(
      "invalid_request",
      "say what to materialize by one of assets, selection and job, or name checks alone",
    );
  }
  if (request.job !== undefined) {
    const job = jobNamed(catalog, request.job);
    return { job, ...targetsOfJob(catalog, job) };
  }
  const keys = request.assets ?? selectAssets(catalog, request.selection ?? "");
  if (keys.length === 0) throw new EngineError("invalid_request", "the selection is empty");
  const assets = keys.map((key) => {
    const asset = catalog.assets.get(key);
    if (asset === undefined)
      throw new EngineError("not_found", `there is no asset "${key}"`, { details: { asset: key } });
    return asset;
  });
  return { job: null, assets, checks: checksOfAssets(catalog, assets) };
}

function checkNamed(catalog: Catalog, key: string): AssetCheck {
  const check = catalog.checks.get(key);
  if (check === undefined)
    throw new EngineError("not_found", `there is no check "${key}"`, { details: { check: key } });
  return check;
}

export function jobNamed(catalog: Catalog, name: string): Job {
  const job = catalog.jobs.get(name);
  if (job === undefined) throw new EngineError("not_found", `there is no job "${name}"`, { details: { job: name } });
  return job;
}

/** The waves of a request with their partitions, as they stand now. */
export function resolveWaves(
  what: Targets & { readonly job: Pick<Job, "partitions" | "name"> | null },
  partitions: PartitionRequest | undefined,
  params: ResolveParams,
): readonly ResolvedWave[] {
  const waves = wavesOf(what, partitions, params);
  if (typeof partitions === "object" && waves.every(({ set }) => set === null)) {
    const keys = waves.flatMap(targetKeys).join(", ");
    throw new EngineError("invalid_request", `nothing of ${keys} has partitions; leave the partitions out`);
  }
  return waves.map((wave) => resolveWave(wave, partitions, params));
}

function wavesOf(
  what: Targets & { readonly job: Pick<Job, "partitions" | "name"> | null },
  partitions: PartitionRequest | undefined,
  params: ResolveParams,
): readonly Wave[] {
  const { assets, checks, job } = what;
  if (job === null) return cutIntoWaves(params.catalog, what);
  const set = job.partitions === null ? null : anchorSet({ assets, checks, job }, partitions, params);
  return [{ assets, checks, set }];
}

function resolveWave(wave: Wave, request: PartitionRequest | undefined, params: ResolveParams): ResolvedWave {
  const { set, assets, checks } = wave;
  if (set === null) return { assets, checks, set, partitionIds: [NO_PARTITION] };
  if (request === undefined) {
    throw new EngineError(
      "invalid_request",
      `${targetKeys(wave).join(", ")} is partitioned by "${set.name}"; say which partitions: keys, ` +
        `"all", "missing", "failed", "stale", a range or dimensions`,
      { details: { partitionSet: set.name } },
    );
  }
  return { assets, checks, set, partitionIds: idsOf({ set, assets, checks }, request, params) };
}

type Ids = readonly number[];

interface SetTargets extends Targets {
  readonly set: PartitionSet;
}

/** Of 100,000 keys as of one: only their ids are read, and each once. */
function idsOf(wave: SetTargets, request: PartitionRequest, params: ResolveParams): Ids {
  const { set } = wave;
  const { partitions } = params.tables;
  if (request === "all") return partitions.activeIds(set.name);
  if (request === "missing" || request === "failed") return idsByWord(wave, request, params);
  if (request === "stale") return staleIds(wave, params);
  if (isKeyList(request)) return listedIds(set, request, params);
  if (isRange(request)) {
    for (const end of [request.from, request.to]) knownId(set, end, params);
    return partitions.activeIds(set.name, request);
  }
  return idsByDimensions(set, request, params);
}

/**
 * Keys that any of the wave's assets of this set lacks, or failed at; of checks alone those whose newest making was not
 * evaluated, or that did not pass.
 */
function idsByWord(wave: SetTargets, word: "missing" | "failed", { tables }: ResolveParams): Ids {
  const { materializations, checks } = tables;
  const setId = tables.partitions.setId(wave.set.name);
  const found = new Map<string, number>();
  for (const asset of wave.assets) {
    if (asset.partitions?.name !== wave.set.name) continue;
    const assetId = materializations.assetId(asset.key);
    for (const { id, key } of materializations.keysByWord({ assetId, setId, word })) found.set(key, id);
  }
  for (const check of wave.assets.length > 0 ? [] : wave.checks) {
    if (check.asset.partitions?.name !== wave.set.name) continue;
    for (const { id, key } of checks.keysByWord(checks.id(check.key), word)) found.set(key, id);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, id]) => id);
}

/** Those that are stale of any of the wave's assets of this set, and still active. */
function staleIds({ set, assets }: SetTargets, { tables, stale }: ResolveParams): Ids {
  const own = assets.filter((asset) => asset.partitions?.name === set.name);
  const ids = new Set(own.flatMap((asset) => stale?.get(asset.key) ?? []));
  return tables.partitions.activeIds(set.name).filter((id) => ids.has(id));
}

/** Keys of the set itself, or of another set that relates to it. */
function listedIds(set: PartitionSet, keys: readonly string[], params: ResolveParams): Ids {
  const holding = setHolding(keys, [set, ...params.catalog.partitionSets.values()], params);
  if (holding === null) {
    for (const key of keys) knownId(set, key, params);
    return [];
  }
  if (holding.set === set) return [...new Set(holding.ids)];
  return relatedIds(holding.set, keys, { ...params, to: set });
}

/** The first set that has all these keys, and their ids in it. */
function setHolding(
  keys: readonly string[],
  sets: readonly PartitionSet[],
  { tables }: ResolveParams,
): { readonly set: PartitionSet; readonly ids: Ids } | null {
  for (const set of sets) {
    const ids: number[] = [];
    for (const key of keys) {
      const id = tables.partitions.activeId(set.name, key);
      if (id === undefined) break;
      ids.push(id);
    }
    if (ids.length === keys.length) return { set, ids };
  }
  return null;
}

function relatedIds(
  from: PartitionSet,
  keys: readonly string[],
  params: ResolveParams & { readonly to: PartitionSet },
): Ids {
  const { to, catalog, tables } = params;
  const { index } = tables.partitions;
  const related = new Set(keys.flatMap((key) => relatedKeys({ set: from, key }, to, { catalog, index })));
  return [...related].map((key) => knownId(to, key, params));
}

/** The id of an active key. Throws `not_found`, `invalid_request`. */
function knownId(set: PartitionSet, key: string, { tables }: ResolveParams): number {
  partsOfKey(set, key);
  const row = tables.partitions.find(set.name, key);
  if (row?.state === "active") return row.id;
  const what = row === undefined ? "has no key" : "has retired its key";
  throw new EngineError("not_found", `the partition set "${set.name}" ${what} ${JSON.stringify(key)}`, {
    details: { partitionSet: set.name, key },
  });
}

type DimensionRequest = { readonly [dimension: string]: string | readonly string[] };

function idsByDimensions(set: PartitionSet, request: DimensionRequest, params: ResolveParams): Ids {
  checkDimensions(request, params);
  const other = setWithDimensions(set, request, params);
  const wanted = new Map(
    Object.entries(request).map(([name, value]) => [name, new Set(typeof value === "string" ? [value] : value)]),
  );
  const rows = params.tables.partitions.active(other.name).filter((row) => {
    const parts = partsOfKey(other, row.key);
    return other.dimensions.every((dimension, at) => wanted.get(dimension.name)?.has(parts[at] ?? "") ?? true);
  });
  if (other !== set) {
    return relatedIds(
      other,
      rows.map((row) => row.key),
      { ...params, to: set },
    );
  }
  if (rows.length === 0 && namesOneKey(set, request)) knownId(set, keyOfParts(set, request), params);
  return rows.map((row) => row.id);
}

function checkDimensions(request: DimensionRequest, { catalog }: ResolveParams): void {
  const names = Object.keys(request);
  if (names.length === 0)
    throw new EngineError("invalid_request", `the request names no dimension; "all" asks for all`);
  const known = new Set([...catalog.partitionSets.values()].flatMap((set) => set.dimensions.map((one) => one.name)));
  const unknown = names.find((name) => !known.has(name));
  if (unknown === undefined) return;
  throw new EngineError("invalid_request", `no partition set has the dimension ${unknown}`, {
    details: { dimensions: [...known] },
  });
}

/** The set itself where it has one of the dimensions; else the first that has all of them, and relates to it by pairs. */
function setWithDimensions(set: PartitionSet, request: DimensionRequest, { catalog }: ResolveParams): PartitionSet {
  const names = Object.keys(request);
  if (set.dimensions.some((dimension) => names.includes(dimension.name))) return set;
  const other = [...catalog.partitionSets.values()].find((one) =>
    names.every((name) => one.dimensions.some((dimension) => dimension.name === name)),
  );
  if (other !== undefined) return other;
  throw new EngineError("invalid_request", `no partition set has the dimensions ${names.join(", ")}`, {
    details: { dimensions: set.dimensions.map((dimension) => dimension.name) },
  });
}

function namesOneKey(set: PartitionSet, request: DimensionRequest): request is Readonly<Record<string, string>> {
  return (
    set.dimensions.every((dimension) => dimension.name in request) &&
    Object.values(request).every((value) => typeof value === "string")
  );
}

/**
 * The set by whose keys a job's runs are cut: its own, or, where the request's keys or dimensions only fit the set of
 * one of its assets, that one (a source's loads by pair).
 */
function anchorSet(
  what: Targets & { readonly job: Pick<Job, "partitions" | "name"> },
  request: PartitionRequest | undefined,
  params: ResolveParams,
): PartitionSet | null {
  const own = what.job.partitions;
  if (own === null || request === undefined || typeof request === "string" || isRange(request)) return own;
  const sets = [own, ...[...stepsOf(what)].flatMap((step) => step.partitions ?? [])];
  if (isKeyList(request)) return setHolding(request, sets, params)?.set ?? own;
  const names = Object.keys(request);
  return sets.find((set) => names.every((name) => set.dimensions.some((dimension) => dimension.name === name))) ?? own;
}

function isKeyList(request: PartitionRequest): request is readonly string[] {
  return Array.isArray(request);
}

function isRange(request: PartitionRequest): request is { readonly from: string; readonly to: string } {
  return typeof request === "object" && "from" in request && "to" in request && Object.keys(request).length === 2;
}
