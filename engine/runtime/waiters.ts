import type { ExecutedStep, Execution } from "./execution.ts";

/** A ready step that waits for a slot of a pool, or for another run that makes the same asset's partition. */
export interface Waiter {
  readonly execution: Execution;
  readonly step: ExecutedStep;
}

/** Ready steps by what they wait for. A step waits for one thing at a time. */
export interface Waiters {
  add(what: string, waiter: Waiter): void;
  remove(step: ExecutedStep): void;
  /** Takes all that wait for `what`, by priority of their run and then by age. */
  take(what: string): readonly Waiter[];
}

export function poolWait(pool: string): string {
  return `pool ${pool}`;
}

export function partitionWait(assetId: number, partitionId: number): string {
  return `asset ${assetId} ${partitionId}`;
}

export function openWaiters(): Waiters {
  const byWhat = new Map<string, Set<Waiter>>();
  const byStep = new Map<ExecutedStep, { what: string; waiter: Waiter }>();
  const remove = (step: ExecutedStep): void => {
    const known = byStep.get(step);
    if (known === undefined) return;
    byStep.delete(step);
    const waiting = byWhat.get(known.what);
    waiting?.delete(known.waiter);
    if (waiting?.size === 0) byWhat.delete(known.what);
  };
  return {
    remove,
    add(what, waiter) {
      remove(waiter.step);
      const waiting = byWhat.get(what) ?? new Set();
      byWhat.set(what, waiting.add(waiter));
      byStep.set(waiter.step, { what, waiter });
    },
    take(what) {
      const waiting = [...(byWhat.get(what) ?? [])];
      for (const waiter of waiting) remove(waiter.step);
      return waiting.sort(
        (a, b) => b.execution.run.priority - a.execution.run.priority || a.execution.run.id - b.execution.run.id,
      );
    },
  };
}
