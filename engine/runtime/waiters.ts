import type { ExecutedStep, Execution } from "./execution.ts";

/** A ready step that waits for a slot, a place in its run, another run that makes the same partition, or abandoned code. */
export interface Waiter {
  readonly execution: Execution;
  readonly step: ExecutedStep;
}

/** Ready steps by what they wait for, in the order of their runs (core/queue-order.ts). A step waits for one thing at a time. */
export interface Waiters {
  add(what: string, waiter: Waiter): void;
  remove(step: ExecutedStep): void;
  first(what: string): Waiter | undefined;
  all(what: string): readonly Waiter[];
}

export function poolWait(pool: string): string {
  return `pool ${pool}`;
}

/** For a place among the steps of its own run. */
export function runWait(runId: number): string {
  return `run ${runId}`;
}

/** Whether what is waited for is one of several places, so that one that comes free lets one waiter start. */
export function isPlaceWait(what: string): boolean {
  return what.startsWith("pool ") || what.startsWith("run ");
}

export function partitionWait(assetId: number, partitionId: number): string {
  return `asset ${assetId} ${partitionId}`;
}

/** For code of this step that was abandoned and has not settled. */
export function codeWait(step: ExecutedStep): string {
  return `code ${step.planned.check ?? step.planned.assets.join(",")} ${step.partitionId}`;
}

export function openWaiters(): Waiters {
  const lines = new Map<string, Waiter[]>();
  const places = new Map<ExecutedStep, { what: string; waiter: Waiter }>();
  const remove = (step: ExecutedStep): void => {
    const place = places.get(step);
    if (place === undefined) return;
    places.delete(step);
    const line = lines.get(place.what) ?? [];
    line.splice(placeInLine(line, place.waiter), 1);
    if (line.length === 0) lines.delete(place.what);
  };
  return {
    remove,
    add(what, waiter) {
      if (places.get(waiter.step)?.what === what) return;
      remove(waiter.step);
      const line = lines.get(what) ?? [];
      line.splice(placeInLine(line, waiter), 0, waiter);
      lines.set(what, line);
      places.set(waiter.step, { what, waiter });
    },
    first: (what) => lines.get(what)?.[0],
    all: (what) => [...(lines.get(what) ?? [])],
  };
}

/** Where a waiter stands in a line, or has to be put: how many go before it. */
function placeInLine(line: readonly Waiter[], waiter: Waiter): number {
  let low = 0;
  let high = line.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = line[middle];
    if (other !== undefined && goesBefore(other, waiter)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function goesBefore(a: Waiter, b: Waiter): boolean {
  const [one, other] = [a.execution.run, b.execution.run];
  if (one.queue_rank_ms !== other.queue_rank_ms) return one.queue_rank_ms < other.queue_rank_ms;
  return one.id === other.id ? a.step.ordinal < b.step.ordinal : one.id < other.id;
}
