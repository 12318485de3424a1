import { abortReason } from "../../core/abort-reason.ts";
import type { PutObjectParams } from "../../core/ports/object-store.ts";

/**
 * The chunks of a body, as they come. Ends with the signal's reason as soon as it aborts, also while the body keeps
 * silent, and then leaves the body's own cleaning up to itself.
 */
export async function* bodyChunks(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = body[Symbol.asyncIterator]();
  let interrupt: ((reason: Error) => void) | null = null;
  const onAbort = (): void => {
    if (signal !== undefined) interrupt?.(abortReason(signal));
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  let ended = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const step = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        interrupt = reject;
        iterator.next().then(resolve, reject);
      });
      if (step.done === true) {
        ended = true;
        return;
      }
      yield step.value;
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    // A generator that waits for ever never settles its return(), so nobody waits for it.
    if (!ended) iterator.return?.().then(undefined, () => undefined);
  }
}

export interface GatheredBody {
  readonly bytes: Uint8Array;
  /** What comes after `bytes`; `null` where that was all. */
  readonly rest: AsyncGenerator<Uint8Array, void, undefined> | null;
}

/** Reads a body until it ends or `limitBytes` are there, so that a small one can be handled as a whole. */
export async function gatherBody(
  params: Pick<PutObjectParams, "body" | "signal">,
  limitBytes: number,
): Promise<GatheredBody> {
  const { body, signal } = params;
  if (typeof body === "string") return { bytes: Buffer.from(body), rest: null };
  if (body instanceof Uint8Array) return { bytes: body, rest: null };
  return gatherMore(bodyChunks(body, signal), limitBytes);
}

/** As `gatherBody`, from chunks that are already being read. */
export async function gatherMore(
  chunks: AsyncGenerator<Uint8Array, void, undefined>,
  limitBytes: number,
): Promise<GatheredBody> {
  const gathered: Uint8Array[] = [];
  let length = 0;
  while (length < limitBytes) {
    const step = await chunks.next();
    if (step.done === true) return { bytes: joined(gathered), rest: null };
    gathered.push(step.value);
    length += step.value.byteLength;
  }
  return { bytes: joined(gathered), rest: chunks };
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
}
