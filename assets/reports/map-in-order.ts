export interface MapInOrderParams<T, O> {
  /** How many calls of `map` are under way at most. */
  readonly concurrency: number;
  readonly map: (item: T) => Promise<O>;
}

/** Maps several items at a time and gives the results in the items' order; the first failure ends it. */
export async function* mapInOrder<T, O>(items: AsyncIterable<T>, params: MapInOrderParams<T, O>): AsyncGenerator<O> {
  const { concurrency, map } = params;
  const iterator = items[Symbol.asyncIterator]();
  const underWay: Promise<O>[] = [];
  let ended = false;
  try {
    for (;;) {
      while (!ended && underWay.length < concurrency) {
        const next = await iterator.next();
        if (next.done === true) ended = true;
        else underWay.push(started(map(next.value)));
      }
      const first = underWay.shift();
      if (first === undefined) return;
      yield await first;
    }
  } finally {
    await Promise.allSettled(underWay);
    if (!ended) await iterator.return?.();
  }
}

/** Awaited later, so a rejection in between is not unhandled. */
function started<O>(promise: Promise<O>): Promise<O> {
  promise.catch(() => undefined);
  return promise;
}
