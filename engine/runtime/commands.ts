import type { Catalog } from "../core/catalog.ts";
import { EngineError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { checkLimitName } from "../core/limits.ts";
import { checkPartitionKey, keyOfParts, type PartitionSet, partsOfKey } from "../core/partitions.ts";
import { checkPriority } from "../core/queue-order.ts";
import { reexecutionPlan } from "../core/reexecution.ts";
import { isTerminalRun, type StepStatus } from "../core/states.ts";
import type { Targets } from "../core/targets.ts";
import type { Store } from "../store/store.ts";
import type { RunRow } from "../store/tables/runs.ts";
import type { Transaction } from "../store/writer.ts";
import type { Executor } from "./executor.ts";
import type { LimitBook } from "./limit-book.ts";
import type { Actor, Commands, MaterializeRequest, TriggerRequest } from "./operations.ts";
import { previewWaves } from "./preview.ts";
import { stalePartitions } from "./queries/stale-question.ts";
import { jobNamed, type ResolveParams, resolveWaves, selectedTargets } from "./requests.ts";
import { MAX_BACKFILL_RUNS, type Made, type RunMaker, type RunOrigin } from "./run-maker.ts";
import type { Retention } from "./retention.ts";
import { emitChange } from "./tick.ts";
import type { AutomationCommands } from "./automation-commands.ts";

/** Partition keys that are added or retired in one transaction. */
const CHANGED_KEYS = 1000;

export interface CommandsParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly maker: RunMaker;
  readonly executor: Executor;
  readonly limits: LimitBook;
  readonly automation: AutomationCommands;
  readonly retention: Retention;
  /** Throws where the engine takes no more work. */
  readonly checkOpen: () => void;
}

export function engineCommands(params: CommandsParams): Commands {
  const { store, catalog, maker, executor } = params;

  /** Found before the change that they are for: what becomes stale meanwhile is for the next request. */
  const staleOf = async (what: Targets, request: MaterializeRequest): Promise<ResolveParams["stale"]> => {
    if (request.partitions !== "stale") return undefined;
    const stale = new Map<string, readonly number[]>();
    for (const asset of what.assets) {
      const ids: number[] = [];
      for await (const chunk of stalePartitions(asset, params)) ids.push(...chunk);
      stale.set(asset.key, ids);
    }
    return stale;
  };

  const make = async (request: MaterializeRequest, by: { actor: Actor; maxRuns: number }): Promise<Made> => {
    params.checkOpen();
    const what = selectedTargets(request, catalog);
    const origin = originOf(request, { actor: by.actor, job: what.job });
    const stale = await staleOf(what, request);
    return store.writer.write((tx) => {
      const waves = resolveWaves(what, request.partitions, { catalog, tables: tx, stale });
      return maker.make(tx, { waves, request: storedRequest(request), origin, maxRuns: by.maxRuns });
    });
  };

  const materialize: Commands["materialize"] = async (request, actor) =>
    answer(await make(request, { actor, maxRuns: MAX_BACKFILL_RUNS }));

  const triggerJob: Commands["triggerJob"] = async (name, request) => {
    const job = jobNamed(catalog, name);
    const partitions = triggeredPartition(request.partition, job.partitions);
    if (job.partitions !== null && partitions === undefined) {
      const shape = job.partitions.dimensions.map((dimension) => dimension.name).join("|");
      throw new EngineError("invalid_request", `the job "${name}" needs a partition: ${shape}`, {
        details: { partitionSet: job.partitions.name },
      });
    }
    const { actor, partition: _partition, ...rest } = request;
    const made = await make({ ...rest, job: name, partitions }, { actor, maxRuns: 1 });
    if (made.type !== "backfill" && !(made.type === "existing" && made.kind === "backfill")) {
      return { run: made.uid, created: made.type === "run" };
    }
    throw new EngineError("conflict", `that run key was used for the backfill ${made.uid}`);
  };

  const runOf = (runId: string): RunRow => {
    const run = store.tables.runs.byUid(runId);
    if (run === undefined) throw notFound(runId);
    return run;
  };

  const dynamicSet = (name: string): PartitionSet => {
    const set = catalog.partitionSets.get(name);
    if (set === undefined) throw new EngineError("not_found", `there is no partition set "${name}"`);
    if (set.kind !== "static") return set;
    throw new EngineError("conflict", `the keys of "${name}" are written in code; change them there`);
  };

  /** A change of many keys, in parts that hold nobody up; it can be asked for again where it was cut off. */
  const inParts = async (
    keys: readonly string[],
    change: (tx: Transaction, part: readonly string[]) => number,
  ): Promise<number> => {
    let changed = 0;
    for (let at = 0; at < keys.length; at += CHANGED_KEYS) {
      changed += await store.writer.write((tx) => change(tx, keys.slice(at, at + CHANGED_KEYS)));
    }
    return changed;
  };

  const addKeys = async (change: {
    readonly set: PartitionSet;
    readonly keys: readonly string[];
    readonly reason: string;
  }): Promise<number> => {
    const { set, reason } = change;
    return await inParts(change.keys, (tx, keys) => {
      const fresh = tx.partitions.add({ set, keys, nowMs: tx.nowMs, reason });
      emitChange(tx, { set: set.name, added: fresh, retired: [], reason });
      return fresh.length;
    });
  };

  const checkKnown = (set: string, keys: readonly string[]): void => {
    const unknown = keys.find((key) => store.tables.partitions.find(set, key) === undefined);
    if (unknown !== undefined) {
      throw new EngineError("not_found", `"${set}" has no key ${JSON.stringify(unknown)}`);
    }
  };

  const cancelBackfill: Commands["cancelBackfill"] = async (backfillId, actor) => {
    await store.writer.write((tx) => {
      const backfill = tx.backfills.byUid(backfillId);
      if (backfill === undefined) throw new EngineError("not_found", `there is no backfill ${backfillId}`);
      if (!tx.backfills.cancel(backfill.id, { reason: `canceled by ${actor.name}`, nowMs: tx.nowMs })) {
        throw new EngineError("conflict", `backfill ${backfillId} is ${backfill.status}; it cannot be canceled`);
      }
      const status = tx.backfills.byId(backfill.id)?.status ?? "canceling";
      if (status === "canceled") tx.automations.endRunKey(backfill.uid, status);
      tx.emit({ type: "backfill.changed", data: { backfillId: backfill.id, status } });
    });
  };

  const cancelRun: Commands["cancelRun"] = async (runId, actor) => {
    await store.writer.write((tx) => {
      const run = tx.runs.byUid(runId);
      if (run === undefined) throw notFound(runId);
      if (executor.cancel(tx, run, `canceled by ${actor.name}`) || run.status === "canceling") return;
      throw new EngineError(
        "conflict",
        `run ${runId} has ended (${run.status}); only one that has not can be canceled`,
      );
    });
  };

  return {
    materialize,
    triggerJob,
    async preview(request) {
      const what = selectedTargets(request, catalog);
      const stale = await staleOf(what, request);
      const waves = resolveWaves(what, request.partitions, { catalog, tables: store.tables, stale });
      return previewWaves(waves, { catalog, tables: store.tables, job: what.job?.name ?? null });
    },
    cancelRun,
    async setPriority(runId, { priority, actor }) {
      checkPriority(priority);
      await store.writer.write((tx) => {
        const run = tx.runs.byUid(runId);
        if (run === undefined) throw notFound(runId);
        if (!tx.runs.prioritize(run.id, priority)) {
          throw new EngineError("conflict", `run ${runId} is ${run.status}; only a queued run's priority matters`);
        }
        tx.emit({ type: "run.prioritized", runId: run.id, data: { priority, by: actor.name } });
      });
    },
    async cancelStep(runId, { step, actor }) {
      runOf(runId);
      await executor.cancelStep(runId, { ordinal: step, reason: `canceled by ${actor.name}` });
    },
    async reexecute(runId, { from, actor }) {
      params.checkOpen();
      const parent = runOf(runId);
      if (!isTerminalRun(parent.status))
        throw new EngineError("conflict", `run ${runId} has not ended; it is ${parent.status}`);
      const run = await store.writer.write((tx) => {
        const plan = tx.interned.plan(parent.plan_id);
        const rows = new Map(tx.steps.ofRun(parent.id).map((row) => [row.ordinal, row.status]));
        const statuses = plan.steps.map((_step, ordinal): StepStatus => rows.get(ordinal) ?? "pending");
        if (typeof from === "object" && plan.steps[from.step] === undefined) {
          throw new EngineError("not_found", `run ${runId} has no step ${from.step}`);
        }
        const again = reexecutionPlan(plan, { statuses, from });
        if (again.steps.length === 0)
          throw new EngineError("conflict", `no step of run ${runId} failed or was canceled; re-execute all of it`);
        const how = typeof from === "object" ? `from step ${from.step}` : from === "all" ? "all of it" : "from failure";
        return maker.insertRun(tx, {
          plan: again,
          partitionId: parent.partition_id,
          backfillId: null,
          parent: { id: parent.id, rootId: parent.root_id ?? parent.id },
          origin: {
            kind: "operator",
            name: actor.name,
            job: parent.job,
            tags: tx.interned.tags(parent.tag_set_id),
            priority: parent.priority,
            config: parent.config === null ? null : (JSON.parse(parent.config) as Json),
            reason: `re-execution of ${runId}, ${how}, by ${actor.name}`,
            runKey: null,
          },
        });
      });
      return run.uid;
    },
    cancelBackfill,
    ...params.automation,
    async addPartitions(name, { keys, actor }) {
      const set = dynamicSet(name);
      for (const key of keys) partsOfKey(set, checkPartitionKey(key));
      return { added: await addKeys({ set, keys, reason: `added by ${actor.name}` }) };
    },
    async retirePartitions(name, { keys, actor }) {
      const set = dynamicSet(name);
      checkKnown(name, keys);
      const reason = `retired by ${actor.name}`;
      const retired = await inParts(keys, (tx, part) => {
        const gone = tx.partitions.retire({ set, keys: part, nowMs: tx.nowMs, reason });
        tx.partitions.unhold(set);
        emitChange(tx, { set: name, added: [], retired: gone, reason });
        return gone.length;
      });
      return { retired };
    },
    async restorePartitions(name, { keys, actor }) {
      const set = dynamicSet(name);
      checkKnown(name, keys);
      // The set may have another shape by now.
      for (const key of keys) partsOfKey(set, key);
      return { restored: await addKeys({ set, keys, reason: `restored by ${actor.name}` }) };
    },
    async prune({ dryRun }) {
      params.checkOpen();
      return await params.retention.tick({ dryRun });
    },
    async setLimit(limit, actor) {
      if (limit.maximum !== null && (!Number.isSafeInteger(limit.maximum) || limit.maximum < 0)) {
        throw new EngineError("invalid_request", `a limit is a whole number from 0, not ${limit.maximum}`);
      }
      if (limit.maximum !== null) checkLimitName(limit);
      await store.writer.write((tx) => {
        if (limit.maximum === null) tx.limits.remove(limit);
        else tx.limits.put({ ...limit, maximum: limit.maximum });
        changeLimits(tx, actor.name, () => params.limits.reload());
      });
      executor.poolsChanged();
    },
    async configureLimits(limits) {
      await store.writer.write((tx) => changeLimits(tx, "the configuration", () => params.limits.configure(limits)));
      executor.poolsChanged();
    },
  };
}

function changeLimits(tx: Transaction, by: string, apply: () => void): void {
  tx.emit({ type: "limits.changed", data: { by } });
  tx.afterCommit(apply);
}

function originOf(
  request: MaterializeRequest,
  by: {
    readonly actor: Actor;
    readonly job: {
      readonly name: string;
      readonly tags: Readonly<Record<string, string>>;
      readonly priority: number;
    } | null;
  },
): RunOrigin {
  const { actor, job } = by;
  return {
    kind: "operator",
    name: actor.name,
    job: job?.name ?? null,
    tags: { ...job?.tags, ...request.tags },
    priority: checkPriority(request.priority ?? job?.priority ?? 0),
    config: request.config ?? null,
    reason: `asked for by ${actor.name}`,
    runKey: runKeyOf(request),
  };
}

function runKeyOf({ runKey, keyPolicy }: MaterializeRequest): RunOrigin["runKey"] {
  if (runKey !== undefined) return { key: runKey, policy: keyPolicy ?? "once" };
  if (keyPolicy === undefined) return null;
  throw new EngineError("invalid_request", "a keyPolicy says what a used runKey allows; give a runKey with it");
}

function storedRequest(request: MaterializeRequest): Json {
  return JSON.parse(JSON.stringify(request)) as Json;
}

function answer(made: Made): Awaited<ReturnType<Commands["materialize"]>> {
  const kind = made.type === "existing" ? made.kind : made.type;
  const created = made.type !== "existing";
  return kind === "run" ? { runs: [made.uid], backfill: null, created } : { runs: [], backfill: made.uid, created };
}

function triggeredPartition(
  partition: TriggerRequest["partition"],
  set: PartitionSet | null,
): readonly string[] | Readonly<Record<string, string>> | undefined {
  if (partition === undefined) return undefined;
  if (typeof partition === "string") return [partition];
  const names = Object.keys(partition);
  const own =
    set !== null && names.length === set.dimensions.length && set.dimensions.every((one) => names.includes(one.name));
  return own ? [keyOfParts(set, partition)] : partition;
}

function notFound(runId: string): EngineError {
  return new EngineError("not_found", `there is no run ${runId}`);
}
