import { isEngineError } from "../../core/errors.ts";
import type { FaultPoints } from "../../core/ports/fault-points.ts";
import type { ContainerFacts, ContainerRunner } from "../../core/ports/container-runner.ts";
import type { Clock, Scheduler } from "../../core/ports/time.ts";
import { type ContainerOwner, isSameOwner, ownerOf } from "../../core/step-containers.ts";
import type { ExternalWorkRow, WorkRef } from "../../store/tables/external-work.ts";
import { CALL_LIMIT_MS, callHost } from "./host-calls.ts";
import type { WorkRecord } from "./work-record.ts";

export interface RemovalParams {
  readonly record: WorkRecord;
  readonly host: ContainerRunner;
  readonly project: string;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly faults: FaultPoints;
  /** Ends waiting for the host. */
  readonly signal: AbortSignal;
  /** The engine's end: cuts off even calls that have begun. */
  readonly ended: AbortSignal;
}

export type OnWait = (reason: string | null) => void;

/** How containers go: stopped, removed, and only then off the record. */
export interface Removal {
  /** Of a container on record. Resolves when it is gone; throws the signal's reason where that takes too long. */
  ofWork(row: ExternalWorkRow, onWait: OnWait): Promise<void>;
  /** Of a container that is found on the host. */
  ofFound(found: ContainerFacts, params: { readonly stopGraceMs: number; readonly onWait: OnWait }): Promise<void>;
  /** What there is with these labels. */
  find(labels: Readonly<Record<string, string>>): Promise<readonly ContainerFacts[]>;
}

export function openRemoval(params: RemovalParams): Removal {
  const { record, host, faults } = params;
  const going = new Map<string, Promise<void>>();

  const ofFound: Removal["ofFound"] = async ({ id, status }, { stopGraceMs, onWait }) => {
    if (status !== "exited") {
      const limitMs = stopGraceMs + CALL_LIMIT_MS;
      const stop = (signal: AbortSignal): Promise<void> => host.stop(id, { graceMs: stopGraceMs, signal });
      await callHost(stop, { ...params, onWait, limitMs }).catch((error: unknown) => {
        if (!isEngineError(error, "container_not_found")) throw error;
      });
    }
    faults.reach("container.before-remove");
    await callHost((signal) => host.remove(id, signal), { ...params, onWait });
    faults.reach("container.removed");
  };

  const remove = async (row: ExternalWorkRow, onWait: OnWait): Promise<void> => {
    const isLeft = row.keep === 1 && row.state === "exited";
    const found = isLeft ? null : await callHost((signal) => host.inspect(row.name, signal), { ...params, onWait });
    if (found !== null && isOfRow(found, row, params)) await ofFound(found, { stopGraceMs: row.stop_grace_ms, onWait });
    await record.write((tx) => tx.externalWork.gone(refOf(row)), params.signal);
  };

  return {
    ofFound,
    find: (labels) => callHost((signal) => host.find(labels, signal), { ...params, onWait: () => {} }),
    ofWork(row, onWait) {
      const place = JSON.stringify(refOf(row));
      const known = going.get(place);
      if (known !== undefined) return known;
      const removing = remove(row, onWait).finally(() => going.delete(place));
      going.set(place, removing);
      return removing;
    },
  };
}

export function refOf(row: ExternalWorkRow): WorkRef {
  return { runId: row.run_id, ordinal: row.ordinal, attempt: row.attempt, key: row.key };
}

export function isOfRow(
  found: ContainerFacts,
  row: ExternalWorkRow,
  params: Pick<RemovalParams, "record" | "project">,
): boolean {
  const owner = ownerOf(found.labels);
  const own = ownerOfRow(row, params);
  return owner !== null && own !== null && isSameOwner(owner, own);
}

/** Null where its run has been pruned. */
function ownerOfRow(
  row: ExternalWorkRow,
  { record, project }: Pick<RemovalParams, "record" | "project">,
): ContainerOwner | null {
  const run = record.tables.runs.byId(row.run_id)?.uid;
  if (run === undefined) return null;
  return { project, lineage: record.lineage, run, step: row.ordinal, attempt: row.attempt, key: row.key };
}
