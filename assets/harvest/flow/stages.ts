/** The pieces of a pipeline whose stages run side by side. */

/**
 * Runs `stages` until all have ended. The first that throws aborts `stop`, so that the others end too; its error is
 * thrown once they have. Nothing goes on behind the caller's back.
 */
export async function runStages(stop: AbortController, stages: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  await Promise.all(
    stages.map(async (stage) => {
      try {
        await stage();
      } catch (error) {
        failures.push(error);
        stop.abort(error);
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
}

/** Runs `work` for every item, at most `limit` at the same time; throws the first failure once the running ones ended. */
export async function forEachLimited<T>(
  items: Iterable<T>,
  params: { readonly limit: number; readonly work: (item: T) => Promise<void> },
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true && failures.length === 0; next = iterator.next()) {
      await params.work(next.value).catch((error: unknown) => void failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: params.limit }, lane));
  if (failures.length > 0) throw failures[0];
}
