import type { Asset } from "../../core/assets.ts";
import type { Catalog } from "../../core/catalog.ts";
import { EngineError } from "../../core/errors.ts";
import type { Job } from "../../core/jobs.ts";
import type { Clock } from "../../core/ports/time.ts";
import { targetsOfJob } from "../../core/targets.ts";
import { pageLimit, type RowPage } from "../../store/reader/page.ts";
import type { Store } from "../../store/store.ts";
import type { PartitionRow, SetRow } from "../../store/tables/partitions.ts";
import type { RunRow } from "../../store/tables/runs.ts";
import type { EngineQueries, RunFilter } from "../operations.ts";
import type { BackfillView, JobView, Page, PartitionSetView, RunView } from "../views.ts";
import { assetOf, assetViews } from "./asset-views.ts";
import { scheduleView, sensorView, tickView } from "./automation-views.ts";
import { checkOf, checkViews, evaluationView } from "./check-views.ts";
import { instant, parseInstant } from "./instants.ts";
import { keyPartsReader } from "./key-parts.ts";
import { failureOfPartition, latestView } from "./latest-views.ts";
import type { LiveState } from "./live-state.ts";
import { type KeyCounts, openKeyCounts } from "./key-counts.ts";
import { dimensionAt, matrixView } from "./matrix-view.ts";
import { auditView, backfillView, eventView, logLineView, partitionKeyView, partitionSetView } from "./record-views.ts";
import { runView } from "./run-views.ts";
import { openStaleness } from "./staleness.ts";
import { MAX_SHOWN_STEPS, stepPage, stepViews } from "./step-views.ts";

export interface EngineQueriesParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly live: LiveState;
}

/** Point reads come from the engine's own connection, lists from the reader. */
export function engineQueries(params: EngineQueriesParams): EngineQueries {
  const staleness = openStaleness(params);
  const keyCounts = openKeyCounts(params);
  const shared = { ...params, keyParts: keyPartsReader(), staleness, keyCounts };
  return {
    ...assetQueries(shared),
    ...checkQueries(shared),
    ...runQueries(shared),
    ...partitionQueries(shared),
    ...automationQueries(shared),
    ...backfillQueries(shared),
    limits: () => params.live.limits(),
    audit: async (page) => mapPage(await params.store.reader.query("audit", page), auditView),
    onStaleChanged: (listener) => staleness.onChange(listener),
    close() {
      keyCounts.close();
      staleness.close();
    },
  };
}

interface Shared extends EngineQueriesParams {
  readonly keyParts: ReturnType<typeof keyPartsReader>;
  readonly staleness: ReturnType<typeof openStaleness>;
  readonly keyCounts: KeyCounts;
}

type AssetQuery =
  | "assets"
  | "asset"
  | "graph"
  | "jobs"
  | "assetPartitions"
  | "assetPartition"
  | "matrix"
  | "keyCounts"
  | "failures"
  | "materializations";

type CheckQuery = "checks" | "evaluations" | "checkPartitions";

function checkQueries(shared: Shared): Pick<EngineQueries, CheckQuery> {
  const { store, catalog } = shared;
  const views = checkViews(shared);
  return {
    checks(key, { partition }) {
      const asset = assetOf(catalog, key);
      if (partition === undefined) return views.ofAsset(asset);
      return views.ofPartition(asset, partitionOf(asset, partition, shared).id);
    },
    async evaluations(key, { check, partition, limit, cursor }) {
      const asset = assetOf(catalog, key);
      const checkId = store.tables.checks.id(checkOf(catalog, asset, check).key);
      const partitionId = partition === undefined ? undefined : partitionOf(asset, partition, shared).id;
      return mapPage(await store.reader.query("evaluations", { checkId, partitionId, limit, cursor }), evaluationView);
    },
    async checkPartitions(key, { check, status, limit, cursor }) {
      const checkId = store.tables.checks.id(checkOf(catalog, assetOf(catalog, key), check).key);
      return mapPage(await store.reader.query("checkPartitions", { checkId, status, limit, cursor }), evaluationView);
    },
  };
}

function partitionOf(asset: Asset, key: string, { store }: Pick<Shared, "store">): PartitionRow {
  const row = asset.partitions === null ? undefined : store.tables.partitions.find(asset.partitions.name, key);
  if (row !== undefined) return row;
  throw new EngineError("not_found", `"${asset.key}" has no partition ${JSON.stringify(key)}`, {
    details: { asset: asset.key, partitionSet: asset.partitions?.name ?? null, partition: key },
  });
}

function assetQueries(shared: Shared): Pick<EngineQueries, AssetQuery> {
  const { store, catalog } = shared;
  const { materializations, summaries } = store.tables;
  const views = assetViews(shared);
  return {
    assets: views.all,
    asset: views.one,
    graph: views.graph,
    jobs: () => [...catalog.jobs.values()].map((job) => jobView(job, catalog)),
    async assetPartitions(key, { status, prefix, limit, cursor }) {
      const asset = assetOf(catalog, key);
      if (asset.partitions === null) return { items: [], nextCursor: null };
      const assetId = materializations.assetId(key);
      const page = await store.reader.query("assetPartitions", { assetId, status, prefix, limit, cursor });
      return mapPage(page, (row) => views.partition(asset, row));
    },
    assetPartition(key, partition) {
      const asset = assetOf(catalog, key);
      const row = partitionOf(asset, partition, shared);
      return views.partition(asset, summaries.assetPartition(materializations.assetId(key), row));
    },
    matrix: async (key, params) => await matrixView(assetOf(catalog, key), params, store),
    async keyCounts(key, dimension) {
      const asset = assetOf(catalog, key);
      const dimensions = asset.partitions?.dimensions ?? [];
      if (dimensions.length > 1) {
        return await shared.keyCounts.count(asset, dimensionAt(asset, { dimensions, name: dimension }));
      }
      throw new EngineError("invalid_request", `"${key}" has no partitions of several dimensions`);
    },
    async failures({ limit }) {
      const rows = await store.reader.query("failures", { limit: pageLimit({ limit }) });
      return { items: rows.map(failureOfPartition), nextCursor: null };
    },
    async materializations(key, { partition, limit, cursor }) {
      const asset = assetOf(catalog, key);
      const partitionId = partition === undefined ? undefined : partitionOf(asset, partition, shared).id;
      const assetId = materializations.assetId(key);
      const page = await store.reader.query("materializations", { assetId, partitionId, limit, cursor });
      return mapPage(page, (row) => ({ id: String(row.id), ...latestView(row) }));
    },
  };
}

type RunQuery =
  | "runs"
  | "runCounts"
  | "run"
  | "steps"
  | "runsByIds"
  | "stepsByRunId"
  | "events"
  | "logs"
  | "eventsAfter";

function runQueries(shared: Shared): Pick<EngineQueries, RunQuery> {
  const { store } = shared;
  const { runs, events, summaries } = store.tables;
  const runOf = (uid: string): RunRow => {
    const row = runs.byUid(uid);
    if (row === undefined) throw new EngineError("not_found", `there is no run ${JSON.stringify(uid)}`);
    return row;
  };
  const byIds = (ids: readonly number[]): readonly RunView[] => summaries.runs(ids).map((row) => runView(row, shared));
  return {
    runs: async (filter) => mapPage(await store.reader.query("runs", runParams(filter)), (row) => runView(row, shared)),
    async runCounts(boundaries) {
      const boundariesMs = boundaries.map((at) => parseInstant("boundaries", at) ?? 0);
      const counts = await store.reader.query("countRuns", { boundariesMs });
      return counts.map((one, at) => ({
        from: instant(boundariesMs[at] ?? 0),
        to: instant(boundariesMs[at + 1] ?? 0),
        ...one,
      }));
    },
    run(uid) {
      const row = runOf(uid);
      const [view] = byIds([row.id]);
      if (view === undefined) throw new EngineError("not_found", `there is no run ${JSON.stringify(uid)}`);
      const { items, nextCursor } = stepPage(row, { ...shared, from: 0, limit: MAX_SHOWN_STEPS });
      return { ...view, steps: items, nextStepCursor: nextCursor };
    },
    steps(uid, { from = 0, cursor, limit }) {
      const first = cursor === undefined ? from : stepOf(cursor);
      return stepPage(runOf(uid), { ...shared, from: first, limit: pageLimit({ limit }) });
    },
    runsByIds: byIds,
    stepsByRunId(id, ordinals) {
      const row = runs.byId(id);
      return row === undefined ? [] : stepViews(row, { ...shared, ordinals });
    },
    async events(uid, { after, limit, cursor }) {
      return mapPage(await store.reader.query("events", { runId: runOf(uid).id, after, limit, cursor }), eventView);
    },
    async logs(uid, { step, after, limit, cursor }) {
      const page = { runId: runOf(uid).id, ordinal: step, afterId: lineId(after), limit, cursor };
      return mapPage(await store.reader.query("logLines", page), logLineView);
    },
    eventsAfter(seq, limit) {
      if (seq > events.newestSeq() || seq < events.oldestSeq() - 1) return null;
      return events.after(seq, limit);
    },
  };
}

function runParams({
  createdAfter,
  createdBefore,
  ...filter
}: RunFilter & { limit?: number | undefined; cursor?: string | undefined }) {
  return {
    ...filter,
    createdAfterMs: parseInstant("createdAfter", createdAfter),
    createdBeforeMs: parseInstant("createdBefore", createdBefore),
  };
}

function stepOf(cursor: string): number {
  if (/^\d{1,7}$/.test(cursor)) return Number(cursor);
  throw new EngineError("invalid_request", `${JSON.stringify(cursor)} is no cursor of a run's steps`);
}

function lineId(after: string | undefined): number | undefined {
  if (after === undefined) return undefined;
  if (/^\d{1,15}$/.test(after)) return Number(after);
  throw new EngineError("invalid_request", `${JSON.stringify(after)} is not the id of a log line`);
}

type PartitionQuery = "partitionSets" | "partitionSet" | "partitionKeys";

function partitionQueries({ store, keyParts }: Shared): Pick<EngineQueries, PartitionQuery> {
  const { partitions } = store.tables;
  const setOf = (name: string): SetRow => {
    const row = partitions.set(name);
    if (row !== undefined) return row;
    throw new EngineError("not_found", `there is no partition set ${JSON.stringify(name)}`);
  };
  const view = (row: SetRow): PartitionSetView => partitionSetView(row, partitions.held(row.name));
  return {
    partitionSets: () => partitions.sets().map(view),
    partitionSet: (name) => view(setOf(name)),
    async partitionKeys(name, { state, prefix, limit, cursor }) {
      const { id, dimensions } = setOf(name);
      const page = await store.reader.query("partitionKeys", { setId: id, state, prefix, limit, cursor });
      return mapPage(page, (row) => partitionKeyView(row, { dimensions, keyParts }));
    },
  };
}

type AutomationQuery = "sensors" | "schedules" | "automation" | "ticks";

function automationQueries(shared: Shared): Pick<EngineQueries, AutomationQuery> {
  const { catalog, store } = shared;
  const automation: EngineQueries["automation"] = (name) => {
    const sensor = catalog.sensors.get(name);
    if (sensor !== undefined) return sensorView(sensor, shared);
    const schedule = catalog.schedules.get(name);
    if (schedule !== undefined) return scheduleView(schedule, shared);
    throw noAutomation(name);
  };
  return {
    automation,
    sensors: () => [...catalog.sensors.values()].map((sensor) => sensorView(sensor, shared)),
    schedules: () => [...catalog.schedules.values()].map((schedule) => scheduleView(schedule, shared)),
    async ticks(name, { limit, cursor }) {
      if (!catalog.sensors.has(name) && !catalog.schedules.has(name)) throw noAutomation(name);
      return mapPage(await store.reader.query("ticks", { automation: name, limit, cursor }), tickView);
    },
  };
}

function noAutomation(name: string): EngineError {
  return new EngineError("not_found", `there is no sensor or schedule ${JSON.stringify(name)}`);
}

type BackfillQuery = "backfills" | "backfill" | "backfillsByIds";

function backfillQueries({ store }: Shared): Pick<EngineQueries, BackfillQuery> {
  const { backfills, summaries } = store.tables;
  const byIds = (ids: readonly number[]): readonly BackfillView[] => summaries.backfills(ids).map(backfillView);
  return {
    backfills: async (params) => mapPage(await store.reader.query("backfills", params), backfillView),
    backfillsByIds: byIds,
    backfill(uid) {
      const row = backfills.byUid(uid);
      const [view] = row === undefined ? [] : byIds([row.id]);
      if (view === undefined) throw new EngineError("not_found", `there is no backfill ${JSON.stringify(uid)}`);
      return view;
    },
  };
}

function jobView(job: Job, catalog: Catalog): JobView {
  return {
    name: job.name,
    description: job.description,
    assets: job.assets.map((asset) => asset.key),
    checks: targetsOfJob(catalog, job).checks.map((check) => check.key),
    partitionSet: job.partitions?.name ?? null,
    tags: job.tags,
    priority: job.priority,
    timeoutMs: job.timeoutMs,
    onFailure: job.onFailure,
    concurrency: job.concurrency,
  };
}

function mapPage<R, V>(page: RowPage<R>, view: (row: R) => V): Page<V> {
  return { items: page.items.map(view), nextCursor: page.nextCursor };
}
