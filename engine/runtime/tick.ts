import type { PartitionChange, RunRequest } from "../core/automation.ts";
import type { Catalog } from "../core/catalog.ts";
import { EngineError } from "../core/errors.ts";
import { failureOf } from "../core/failure.ts";
import type { Json } from "../core/json.ts";
import { targetsOfJob } from "../core/targets.ts";
import type { FaultPoints } from "../core/ports/fault-points.ts";
import type { Store } from "../store/store.ts";
import type { TickRequest } from "../store/tables/automations.ts";
import type { Transaction } from "../store/writer.ts";
import type { Evaluation } from "./evaluation.ts";
import { resolveWaves } from "./requests.ts";
import type { ResolvedWave, RunMaker, RunOrigin } from "./run-maker.ts";

/** An evaluation that has ended, ready to be recorded. */
export interface TickRecord extends Evaluation {
  readonly automation: string;
  readonly kind: "sensor" | "schedule";
  readonly scheduledAtMs: number | null;
  readonly eventsSeq: number | undefined;
  readonly dueAfterMs: number | undefined;
}

export interface TickParams {
  readonly catalog: Catalog;
  readonly maker: RunMaker;
  readonly faults: FaultPoints;
}

export interface WriteTickParams extends TickParams {
  readonly store: Store;
  readonly onInternalError: (error: unknown) => void;
}

/** A change that would retire more than this share of a set, and more than this many keys, is held (design §3.11). */
const HELD_SHARE = 0.5;
const HELD_KEYS = 2;
const MAX_CHANGED_KEYS_SHOWN = 100;

/** Records a tick; where what it asks for cannot be recorded, that it failed, and why. */
export async function writeTick(record: TickRecord, params: WriteTickParams): Promise<{ readonly isOk: boolean }> {
  const { store } = params;
  try {
    params.faults.reach("tick.before-record");
    await store.writer.write((tx) => recordTick(tx, record, params));
    return { isOk: record.result.ok };
  } catch (error) {
    if (!record.result.ok) throw error;
    if (!(error instanceof EngineError)) params.onInternalError(error);
    await store.writer.write((tx) => recordTick(tx, { ...record, result: { ok: false, error } }, params));
    return { isOk: false };
  }
}

/**
 * Records a tick with all that it asks for, in one transaction: partitions first, since the runs may be for them.
 * A request that cannot be met is refused by itself, with its reason; a failed evaluation leaves the cursor.
 */
function recordTick(tx: Transaction, record: TickRecord, params: TickParams): void {
  const { automation, scheduledAtMs, startedAtMs } = record;
  const id = tx.automations.startTick({ automation, scheduledAtMs, nowMs: startedAtMs });
  const log: Json = record.log.map((line) => ({
    atMs: line.atMs,
    level: line.level,
    message: line.message,
    fields: line.fields,
  }));
  const common = { id, automation, nowMs: tx.nowMs, log: record.log.length === 0 ? null : log };
  if (!record.result.ok) {
    const error = failureOf(record.result.error);
    tx.automations.endTick({
      ...common,
      status: "failed",
      reason: null,
      error,
      cursor: undefined,
      eventsSeq: undefined,
      dueAfterMs: undefined,
      changes: null,
      requests: [],
    });
    tx.emit({ type: "tick.ended", data: { automation, tickId: id, status: "failed", reason: error.message } });
    return;
  }
  const { outcome } = record.result;
  const changes = changePartitions(tx, { changes: outcome.partitions ?? [], automation, reason: outcome.reason });
  const requests = (outcome.runs ?? []).map((request) => makeRequested(tx, { ...params, request, record }));
  params.faults.reach("tick.before-cursor");
  const made = requests.some((request) => request.outcome === "run" || request.outcome === "backfill");
  const changed = changes.some((change) => change.added > 0 || change.retired > 0 || change.held > 0);
  const status = made || changed ? "succeeded" : "skipped";
  tx.automations.endTick({
    ...common,
    status,
    reason: outcome.reason,
    error: null,
    cursor: outcome.cursor,
    eventsSeq: record.eventsSeq,
    dueAfterMs: record.dueAfterMs,
    changes: changed ? changes : null,
    requests,
  });
  tx.emit({ type: "tick.ended", data: { automation, tickId: id, status, reason: outcome.reason } });
}

interface ChangeParams {
  readonly changes: readonly PartitionChange[];
  readonly automation: string;
  readonly reason: string;
}

/** Where one set's retirements have to be held, those of the tick's other sets are held with them: they belong together. */
function changePartitions(tx: Transaction, { changes, automation, reason }: ChangeParams) {
  const planned = changes.map(({ set, add, retire }) => {
    const active = tx.partitions.set(set.name)?.active ?? 0;
    const retiring = retire.filter((key) => tx.partitions.find(set.name, key)?.state === "active");
    return {
      set,
      add,
      retiring,
      active,
      mustHold: retiring.length > HELD_KEYS && retiring.length > active * HELD_SHARE,
    };
  });
  const held = planned.some((change) => change.mustHold);
  return planned.map(({ set, add, retiring, active }) => {
    const added = tx.partitions.add({ set, keys: add, nowMs: tx.nowMs, reason });
    const holds = held && retiring.length > 0;
    if (holds) {
      const why = `${automation} would retire ${retiring.length} of ${active} keys of "${set.name}": ${reason}; an operator has to confirm`;
      tx.partitions.hold({ set, keys: retiring, origin: automation, reason: why, nowMs: tx.nowMs });
      tx.emit({ type: "partitions.held", data: { set: set.name, keys: retiring.length, reason: why } });
    } else {
      tx.partitions.unhold(set);
    }
    const retired = holds ? [] : tx.partitions.retire({ set, keys: retiring, nowMs: tx.nowMs, reason });
    emitChange(tx, { set: set.name, added, retired, reason });
    return {
      set: set.name,
      added: added.length,
      retired: retired.length,
      held: holds ? retiring.length : 0,
      addedKeys: added.slice(0, MAX_CHANGED_KEYS_SHOWN),
      retiredKeys: retired.slice(0, MAX_CHANGED_KEYS_SHOWN),
    };
  });
}

/** Tells of keys that were added and retired; of nothing where none was. */
export function emitChange(
  tx: Transaction,
  change: { set: string; added: readonly string[]; retired: readonly string[]; reason: string },
): void {
  const { set, added, retired, reason } = change;
  if (added.length + retired.length === 0) return;
  const keys = [...added, ...retired].slice(0, MAX_CHANGED_KEYS_SHOWN);
  tx.emit({ type: "partitions.changed", data: { set, added: added.length, retired: retired.length, keys, reason } });
}

interface RequestedParams extends TickParams {
  readonly request: RunRequest;
  readonly record: TickRecord;
}

function makeRequested(tx: Transaction, params: RequestedParams): TickRequest {
  const { request, record, maker } = params;
  const runKey = request.runKey ?? null;
  try {
    const made = maker.make(tx, {
      waves: wavesOf(tx, params),
      request: describeRequest(request),
      origin: originOf(request, record),
    });
    if (made.type === "existing") return { outcome: "blocked", uid: made.uid, runKey, reason: made.reason };
    return { outcome: made.type, uid: made.uid, runKey, reason: request.reason };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { outcome: "refused", uid: null, runKey, reason: error.message };
  }
}

function wavesOf(tx: Transaction, { request, catalog }: RequestedParams): readonly ResolvedWave[] {
  const job = { name: request.job.name, partitions: request.set ?? request.job.partitions };
  const keys = request.partitions ?? (request.partition === undefined ? undefined : [request.partition]);
  return resolveWaves({ ...targetsOfJob(catalog, request.job), job }, keys, { catalog, tables: tx });
}

export function originOf(request: RunRequest, record: Pick<TickRecord, "automation" | "kind">): RunOrigin {
  return {
    kind: record.kind,
    name: record.automation,
    job: request.job.name,
    tags: { ...request.job.tags, ...request.tags },
    priority: request.priority ?? request.job.priority,
    config: request.config ?? null,
    reason: request.reason,
    runKey: request.runKey === undefined ? null : { key: request.runKey, policy: request.keyPolicy ?? "once" },
  };
}

function describeRequest(request: RunRequest): Json {
  return {
    job: request.job.name,
    partitions: request.partitions ?? (request.partition === undefined ? null : [request.partition]),
    config: request.config ?? null,
  };
}
