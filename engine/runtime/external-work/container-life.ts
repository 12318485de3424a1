import { EngineError, isEngineError } from "../../core/errors.ts";
import type { ContainerExit, ContainerFacts, ContainerSpec } from "../../core/ports/container-runner.ts";
import { type ContainerOwner, isSameOwner, ownerOf } from "../../core/step-containers.ts";
import type { ExternalWorkRow, Intent, WorkRef } from "../../store/tables/external-work.ts";
import type { BufferedLog } from "../step-log.ts";
import { callHost, type HostCallParams } from "./host-calls.ts";
import type { OnWait, Removal, RemovalParams } from "./removal.ts";

/** How long a log may take to end after its container has exited. */
const LOG_DRAIN_MS = 5000;
/** How long to wait before a name is asked for again that a live step's container holds. */
const NAME_DELAY_MS = 1000;

export interface LifeParams extends RemovalParams {
  readonly work: WorkRef;
  readonly owner: ContainerOwner;
  readonly spec: ContainerSpec;
  readonly intent: Omit<Intent, "nowMs">;
  readonly log: BufferedLog;
  readonly onWait: OnWait;
  readonly removal: Removal;
  /** Resolves when nothing is left of earlier attempts. */
  readonly fenceOlder: () => Promise<void>;
}

/**
 * A container's way: intent committed → created under its name, with labels → attached → exit recorded. A kill between
 * any two of these finds it again: what is on record is looked for by its name, and only what never was is created.
 */
export interface ContainerLife {
  /** Resolves when it is attached, or known to have exited. */
  readonly attached: Promise<AttachedContainer>;
  readonly exited: Promise<ContainerExit>;
}

export interface AttachedContainer {
  readonly id: string;
  readonly name: string;
}

export function liveContainer(params: LifeParams): ContainerLife {
  const attached = Promise.withResolvers<AttachedContainer>();
  const exited = live(params, attached.resolve);
  exited.catch(attached.reject);
  attached.promise.catch(() => {});
  exited.catch(() => {});
  return { attached: attached.promise, exited };
}

async function live(params: LifeParams, onAttached: (container: AttachedContainer) => void): Promise<ContainerExit> {
  const known = params.record.tables.externalWork.get(params.work);
  if (known === undefined) await params.fenceOlder();
  const row = known ?? (await intend(params));
  const { name } = row;
  if (row.exit_code !== null) {
    onAttached({ id: row.container_id ?? "", name });
    return { exitCode: row.exit_code, error: row.exit_error };
  }
  const id = await bringUp(params, { row, isNew: known === undefined });
  onAttached({ id, name });
  const exit = await follow(params, { id, name });
  params.faults.reach("container.exited");
  await params.record.write((tx) => fence(tx.externalWork.exited(params.work, exit), name), params.signal);
  params.faults.reach("container.exit-recorded");
  return exit;
}

async function intend({ record, work, intent, faults, signal }: LifeParams): Promise<ExternalWorkRow> {
  const row = await record.write((tx) => {
    const known = tx.externalWork.get(work);
    if (known !== undefined) return known;
    fence(tx.externalWork.intend(work, { ...intent, nowMs: tx.nowMs }), intent.name);
    return tx.externalWork.get(work);
  }, signal);
  faults.reach("container.intended");
  if (row === undefined) throw new EngineError("internal", `the intent of container ${intent.name} is not on record`);
  return row;
}

function fence(isLive: boolean, name: string): void {
  if (!isLive) throw new EngineError("conflict", `the attempt that asked for container ${name} has ended`);
}

interface BringUpParams {
  readonly row: ExternalWorkRow;
  /** Nothing of it can be on the host, unless somebody else's holds its name. */
  readonly isNew: boolean;
}

/** Finds the container or creates it, and sees to it that it runs. */
async function bringUp(params: LifeParams, { row, isNew }: BringUpParams): Promise<string> {
  const { host, owner, record, work, faults } = params;
  const call = callParams(params);
  const look = (): Promise<ContainerFacts | null> => callHost((signal) => host.inspect(row.name, signal), call);
  let found = isNew ? null : await look();
  let id: string | null = null;
  while (id === null) {
    const foundOwner = found === null ? null : ownerOf(found.labels);
    if (found === null && row.state === "created") throw lost(row.name);
    if (found === null) {
      id = await create(params, row.name);
      found = id === null ? await look() : null;
    } else if (foundOwner !== null && isSameOwner(foundOwner, owner)) {
      id = found.id;
    } else {
      await clearName(params, found);
      found = await look();
    }
  }
  const isRecorded = row.state === "created" && row.container_id === id;
  if (!isRecorded) {
    const containerId = id;
    faults.reach("container.created");
    await record.write((tx) => fence(tx.externalWork.created(work, containerId), row.name), params.signal);
  }
  faults.reach("container.before-start");
  await known(
    row.name,
    callHost((signal) => host.start(id, signal), call),
  );
  faults.reach("container.started");
  return id;
}

/** Null where the name is taken, be it by a call that came through although it failed. */
async function create(params: LifeParams, name: string): Promise<string | null> {
  const spec = { ...params.spec, name };
  try {
    return await callHost((signal) => params.host.create(spec, signal), callParams(params));
  } catch (error) {
    if (isEngineError(error, "container_exists")) return null;
    throw error;
  }
}

/** Makes way for this container where another one has its name. */
async function clearName(params: LifeParams, found: ContainerFacts): Promise<void> {
  const { record, owner, removal, onWait, clock, signal, work } = params;
  const holder = ownerOf(found.labels);
  if (holder === null || holder.lineage !== owner.lineage) {
    throw new EngineError("conflict", `a container named ${found.name} is there already, and it is not this record's`);
  }
  const run = record.tables.runs.byUid(holder.run);
  const held = run === undefined ? null : { runId: run.id, ordinal: holder.step, ...holder };
  if (held !== null && record.tables.externalWork.isLive(held)) {
    if (held.runId === work.runId && held.ordinal === work.ordinal) {
      throw new EngineError("conflict", `this step has a container named ${found.name} already, as ${holder.key}`);
    }
    onWait(`waits for container ${found.name} of run ${holder.run}`);
    await clock.sleep(NAME_DELAY_MS, signal);
    onWait(null);
    return;
  }
  const row = held === null ? undefined : record.tables.externalWork.get(held);
  await removal.ofFound(found, { stopGraceMs: row?.stop_grace_ms ?? params.intent.stopGraceMs, onWait });
}

/** Takes its log into the step's, until it has exited. */
async function follow(params: LifeParams, { id, name }: AttachedContainer): Promise<ContainerExit> {
  const { host, scheduler, log } = params;
  const drained = new AbortController();
  const signal = AbortSignal.any([params.signal, drained.signal]);
  const pumped = pumpLog({ ...params, signal }, { id, name });
  pumped.catch(() => {});
  try {
    const call = { ...callParams(params), limitMs: null };
    const exit = await known(
      name,
      callHost((until) => host.wait(id, until), call),
    );
    const late = Promise.withResolvers<void>();
    const disarm = scheduler.after(LOG_DRAIN_MS, () => late.resolve());
    params.signal.addEventListener("abort", () => late.resolve(), { once: true });
    await Promise.race([pumped, late.promise]).finally(disarm);
    const why = exit.error === null ? "" : `: ${exit.error}`;
    log.add("info", `container ${name} ended with exit code ${exit.exitCode}${why}`);
    // Queued before the exit is recorded: an exit on record has its log on record.
    log.flush();
    return exit;
  } finally {
    drained.abort(new EngineError("canceled", "its log is read no more"));
  }
}

async function pumpLog(params: LifeParams, { id, name }: AttachedContainer): Promise<void> {
  const { host, log, record, work } = params;
  let after = record.tables.externalWork.get(work)?.log_position ?? null;
  const pump = async (signal: AbortSignal): Promise<void> => {
    for await (const line of host.logs(id, { after, follow: true, signal })) {
      const fields = line.stream === "stderr" ? { stream: "stderr" } : undefined;
      log.add("info", line.text, fields, { key: work.key, position: line.position });
      after = line.position;
    }
  };
  try {
    // What the step waits for is told by the call that waits for the exit.
    await callHost(pump, { ...callParams(params), onWait: () => {}, limitMs: null });
  } catch (error) {
    if (params.signal.aborted || isEngineError(error, "container_not_found")) return;
    const message = error instanceof Error ? error.message : String(error);
    log.add("warning", `the log of container ${name} cannot be read: ${message}`);
  }
}

/** A container that is on record and not on the host has gone, and nobody knows how it ended. */
async function known<T>(name: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw isEngineError(error, "container_not_found") ? lost(name, error) : error;
  }
}

function lost(name: string, cause?: unknown): EngineError {
  const message = `container ${name} has gone without an exit code: it was removed by somebody else, or its host lost it`;
  return new EngineError("container_lost", message, { cause, retryable: true });
}

function callParams({ clock, scheduler, signal, ended, onWait }: LifeParams): HostCallParams {
  return { clock, scheduler, signal, ended, onWait };
}
