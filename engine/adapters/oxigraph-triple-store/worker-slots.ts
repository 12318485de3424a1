/** Bounds how many copies of namespaces are in memory; one at rest makes room for one that is needed. */
export interface WorkerSlots {
  /** Waits for a place, in order of asking. Rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<Slot>;
}

export interface Slot {
  /** The copy is at rest: `evict` may be called, once, until `busy` is. */
  atRest(evict: () => void): void;
  busy(): void;
  /** The copy is gone. */
  release(): void;
}

export function workerSlots(most: number): WorkerSlots {
  let taken = 0;
  /** In the order in which they came to rest. */
  const resting = new Map<Slot, () => void>();
  const waiting = new Set<() => void>();

  const evictOldest = (): void => {
    const [oldest] = resting;
    if (oldest === undefined) return;
    const [slot, evict] = oldest;
    resting.delete(slot);
    evict();
  };

  const newSlot = (): Slot => {
    let isHeld = true;
    const slot: Slot = Object.freeze({
      atRest(evict: () => void) {
        if (!isHeld) return;
        resting.set(slot, evict);
        if (waiting.size > 0) evictOldest();
      },
      busy: () => void resting.delete(slot),
      release() {
        if (!isHeld) return;
        isHeld = false;
        resting.delete(slot);
        const [next] = waiting;
        if (next === undefined) {
          taken -= 1;
          return;
        }
        waiting.delete(next);
        next();
      },
    });
    return slot;
  };

  return Object.freeze({
    async take(signal: AbortSignal) {
      signal.throwIfAborted();
      if (taken < most) {
        taken += 1;
        return newSlot();
      }
      await new Promise<void>((resolve, reject) => {
        const go = (): void => {
          signal.removeEventListener("abort", leave);
          resolve();
        };
        const leave = (): void => {
          waiting.delete(go);
          reject(signal.reason as Error);
        };
        waiting.add(go);
        signal.addEventListener("abort", leave, { once: true });
        evictOldest();
      });
      return newSlot();
    },
  });
}
