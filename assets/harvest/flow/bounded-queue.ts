/** A queue between two stages of a pipeline: whoever fills it waits while it is full, whoever empties it while it is empty. */
export interface BoundedQueue<T> {
  /** Resolves once there is room for `item`; throws the reason of an abort. */
  push(item: T): Promise<void>;
  /** At least one item, at most `maxItems` and, but for the first, `maxSize`; nothing once the queue is closed and empty. */
  take(limits: TakeLimits): Promise<readonly T[]>;
  /** Nothing will be pushed any more. */
  close(): void;
}

export interface TakeLimits {
  readonly maxItems: number;
  readonly maxSize: number;
}

export interface BoundedQueueOptions<T> {
  readonly maxItems: number;
  /** In the unit of `sizeOf`. An item larger than all of it is let in alone. */
  readonly maxSize: number;
  readonly sizeOf: (item: T) => number;
  /** Wakes all who wait with the signal's reason. */
  readonly signal: AbortSignal;
}

export function createBoundedQueue<T>(options: BoundedQueueOptions<T>): BoundedQueue<T> {
  const { maxItems, maxSize, sizeOf, signal } = options;
  /** What is before `first` has been taken; it is cut off now and then, as cutting moves all that follows. */
  let items: T[] = [];
  let first = 0;
  let size = 0;
  let closed = false;
  let waiting: (() => void)[] = [];

  const length = (): number => items.length - first;
  const hasRoomFor = (item: T): boolean => length() === 0 || (length() < maxItems && size + sizeOf(item) <= maxSize);
  const isDry = (): boolean => length() === 0 && !closed;
  const wakeAll = (): void => {
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };
  const change = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
  signal.addEventListener("abort", wakeAll, { once: true });

  return {
    push: async (item) => {
      signal.throwIfAborted();
      while (!hasRoomFor(item)) {
        await change();
        signal.throwIfAborted();
      }
      items.push(item);
      size += sizeOf(item);
      wakeAll();
    },
    take: async (limits) => {
      signal.throwIfAborted();
      while (isDry()) {
        await change();
        signal.throwIfAborted();
      }
      const batch: T[] = [];
      let taken = 0;
      for (const item of items.slice(first, first + limits.maxItems)) {
        if (batch.length > 0 && taken + sizeOf(item) > limits.maxSize) break;
        batch.push(item);
        taken += sizeOf(item);
      }
      size -= taken;
      first += batch.length;
      if (first * 2 >= items.length) {
        items = items.slice(first);
        first = 0;
      }
      wakeAll();
      return batch;
    },
    close: () => {
      closed = true;
      wakeAll();
    },
  };
}
