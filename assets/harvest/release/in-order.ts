export interface InOrderParams<T, R> {
  /** How many run at the same time; also how many finished ones may wait for a slower one before them. */
  readonly atOnce: number;
  readonly run: (item: T, signal: AbortSignal) => Promise<R>;
  readonly signal: AbortSignal;
}

/**
 * Runs items side by side and gives their results in the order of the items. Whoever stops reading, or the first
 * failure, aborts those that still run; it ends when they have.
 */
export async function* inOrder<T, R>(items: AsyncIterable<T>, params: InOrderParams<T, R>): AsyncGenerator<R, void> {
  const { atOnce, run } = params;
  const stop = new AbortController();
  const signal = AbortSignal.any([params.signal, stop.signal]);
  const running: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const result = run(item, signal);
      result.catch(() => undefined);
      running.push(result);
      const first = running.length >= atOnce ? running.shift() : undefined;
      if (first !== undefined) yield await first;
    }
    for (let first = running.shift(); first !== undefined; first = running.shift()) yield await first;
  } finally {
    stop.abort();
    await Promise.allSettled(running);
  }
}

export interface GroupParams<T> {
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly bytesOf: (item: T) => number;
}

/** Collects items into groups within both bounds; an item over `maxBytes` stands alone. */
export async function* grouped<T>(items: AsyncIterable<T>, params: GroupParams<T>): AsyncGenerator<readonly T[], void> {
  const { maxItems, maxBytes, bytesOf } = params;
  let group: T[] = [];
  let bytes = 0;
  for await (const item of items) {
    const size = bytesOf(item);
    if (group.length > 0 && (group.length >= maxItems || bytes + size > maxBytes)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(item);
    bytes += size;
  }
  if (group.length > 0) yield group;
}
