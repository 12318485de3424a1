import { CHECKED, type Dependency, type PartitionedInput, type StepDefinition } from "../core/assets.ts";
import type { Catalog } from "../core/catalog.ts";
import { EngineError } from "../core/errors.ts";
import { digestInPieces } from "../core/input-digest.ts";
import type { Json } from "../core/json.ts";
import type { Scheduler } from "../core/ports/time.ts";
import { relatePartitions } from "../core/partitions.ts";
import { upstreamKeys } from "../core/plan.ts";
import type { Store } from "../store/store.ts";
import { type InputVersion, MANY_PARTITIONS, type MaterializationRow } from "../store/tables/materializations.ts";
import { NO_PARTITION } from "../store/tables/partitions.ts";

/** What a step reads: its dependencies' values by name, and the versions that it uses. */
export interface LoadedInputs {
  readonly values: Readonly<Record<string, unknown>>;
  readonly versions: readonly InputVersion[];
  /** The dependencies whose input is a collection, for code in a worker to ask by name and key. */
  readonly collections: ReadonlyMap<string, PartitionedInput<Json>>;
}

/** An input of more partitions than this is recorded by one digest. */
export const MAX_LISTED_INPUTS = 1000;

/** Partitions whose versions are looked up in one turn, which takes some 2 ms. */
const LOOKED_UP_AT_ONCE = 250;

export interface LoadInputsParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly key: string | null;
  readonly scheduler: Pick<Scheduler, "defer">;
  /** Throws where the attempt that reads has ended. */
  readonly checkLive: () => void;
}

/**
 * Finds the newest value of every input. A one-to-one input that was never materialized throws `missing_input` when
 * the code reads it, so that a dependency for order's sake needs no value.
 */
export async function loadInputs(step: StepDefinition, params: LoadInputsParams): Promise<LoadedInputs> {
  const values: Record<string, unknown> = {};
  const versions: InputVersion[] = [];
  const collections = new Map<string, PartitionedInput<Json>>();
  for (const dependency of step.dependencies) {
    if (dependency.name === CHECKED) continue;
    if (dependency.after === "end") {
      values[dependency.name] = undefined;
      continue;
    }
    const assetId = params.store.tables.materializations.assetId(dependency.asset.key);
    const one = oneKey(step, { dependency, ...params });
    if (one === "many") {
      const input = manyInputs(step, { dependency, assetId, ...params });
      versions.push(...(await versionsOf(input.keys, { dependency, assetId, ...params })));
      collections.set(dependency.name, input);
      values[dependency.name] = input;
      continue;
    }
    const partitionId = one === null ? NO_PARTITION : params.store.tables.partitions.find(one.set, one.key)?.id;
    const latest =
      partitionId === undefined ? undefined : params.store.tables.materializations.latest(assetId, partitionId);
    if (latest !== undefined) {
      versions.push({ assetId, partitionId: latest.partition_id, dataVersion: latest.data_version });
    }
    await defineValue(values, { dependency, latest, store: params.store, key: one?.key ?? null });
  }
  return { values, versions, collections };
}

interface OneKeyParams extends LoadInputsParams {
  readonly dependency: Dependency;
}

/** The one upstream partition that a step reads; null: the input has none; `many`: it is a collection. */
function oneKey(step: StepDefinition, params: OneKeyParams): { set: string; key: string } | null | "many" {
  const { dependency, catalog, store, key } = params;
  const upstream = dependency.asset.partitions;
  if (upstream === null) return null;
  if (step.partitions === null || key === null || dependency.mapping !== null) return "many";
  const relation = relatePartitions(step.partitions, upstream, catalog.partitionSets.values());
  if (relation.type !== "same" && relation.type !== "project") return "many";
  const keys = upstreamKeys(step, { dependency, key, catalog, index: store.tables.partitions.index });
  const [only] = keys === "all" ? [] : keys;
  return only === undefined ? "many" : { set: upstream.name, key: only };
}

interface DefineValueParams {
  readonly dependency: Dependency;
  readonly latest: MaterializationRow | undefined;
  readonly store: Store;
  readonly key: string | null;
}

async function defineValue(values: Record<string, unknown>, params: DefineValueParams): Promise<void> {
  const { dependency, latest, store, key } = params;
  const get = latest === undefined ? () => throwMissing(dependency, key) : await readValue(store, latest);
  Object.defineProperty(values, dependency.name, { enumerable: latest !== undefined, get });
}

/** What was returned, parsed when it is first asked for. */
export async function readValue(store: Store, row: MaterializationRow): Promise<() => Json> {
  return lazyJson(await textOf(store, row));
}

async function textOf(store: Store, row: MaterializationRow): Promise<string | null> {
  return row.value_sha256 === null ? row.value : store.values.read(row.value_sha256);
}

/** Parsed when it is first read, and then a fresh copy for nobody: inputs are shared by reference within an attempt. */
function lazyJson(text: string | null): () => Json {
  let parsed: { value: Json } | null = null;
  return () => (parsed ??= { value: text === null ? null : (JSON.parse(text) as Json) }).value;
}

function throwMissing(dependency: Dependency, key: string | null): never {
  const where = key === null ? "" : ` for ${JSON.stringify(key)}`;
  throw new EngineError(
    "missing_input",
    `the input "${dependency.name}" has no value: "${dependency.asset.key}" was never materialized${where}; materialize it first`,
    { details: { asset: dependency.asset.key, partition: key } },
  );
}

interface ManyParams extends OneKeyParams {
  readonly assetId: number;
}

function manyInputs(step: StepDefinition, params: ManyParams): PartitionedInput<Json> {
  const { dependency, assetId, store, catalog, key } = params;
  const set = dependency.asset.partitions;
  if (set === null) throw new EngineError("internal", `"${dependency.asset.key}" has no partitions`);
  const index = store.tables.partitions.index;
  const chosen = upstreamKeys(step, { dependency, key, catalog, index });
  const keys = chosen === "all" ? index.matching(set, new Map()) : [...chosen];
  const latestOf = (one: string): MaterializationRow | undefined => {
    const id = store.tables.partitions.find(set.name, one)?.id;
    return id === undefined ? undefined : store.tables.materializations.latest(assetId, id);
  };
  const read = async (row: MaterializationRow): Promise<Json> => (await readValue(store, row))();
  return {
    keys,
    async get(one) {
      params.checkLive();
      const row = latestOf(one);
      return row === undefined ? throwMissing(dependency, one) : read(row);
    },
    async *[Symbol.asyncIterator]() {
      for (const one of keys) {
        params.checkLive();
        const row = latestOf(one);
        if (row !== undefined) yield { key: one, value: await read(row) };
      }
    },
  };
}

/** Takes what others have to do in between: a collection may be of 100,000 partitions. */
async function versionsOf(keys: readonly string[], params: ManyParams): Promise<readonly InputVersion[]> {
  const { dependency, assetId, store } = params;
  const { partitions, materializations } = store.tables;
  const set = dependency.asset.partitions?.name ?? "";
  const versions: InputVersion[] = [];
  for (const [index, key] of keys.entries()) {
    if (index > 0 && index % LOOKED_UP_AT_ONCE === 0) await othersTurn(params);
    const partitionId = partitions.find(set, key)?.id;
    const dataVersion = partitionId === undefined ? undefined : materializations.latestVersion(assetId, partitionId);
    if (partitionId === undefined || dataVersion === undefined) continue;
    versions.push({ assetId, partitionId, dataVersion });
  }
  if (versions.length <= MAX_LISTED_INPUTS) return versions;
  const digesting = digestInPieces(versions);
  for (;;) {
    const { done, value } = digesting.next();
    if (done === true) return [{ assetId, partitionId: MANY_PARTITIONS, dataVersion: value }];
    await othersTurn(params);
  }
}

async function othersTurn({ scheduler, checkLive }: LoadInputsParams): Promise<void> {
  await new Promise<void>((resolve) => scheduler.defer(resolve));
  checkLive();
}
