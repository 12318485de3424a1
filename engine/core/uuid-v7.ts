/** Where a sequence of ids takes the time and its randomness from. */
export interface UuidV7Source {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** The 12 bits of `rand_a` count the ids of one millisecond. */
const COUNTER_LIMIT = 4096;
/** A millisecond's count starts at random below this, which leaves it room for at least 2,048 ids. */
const COUNTER_START_LIMIT = 2048;

/**
 * A maker of UUIDv7 strings that are strictly ascending, also within a millisecond and when the clock steps back:
 * RFC 9562 §6.2 method 1, a counter in `rand_a` that starts at random and borrows from the next millisecond when
 * it overflows.
 */
export function uuidV7(source: UuidV7Source): () => string {
  let lastMs = -1;
  let counter = 0;
  return () => {
    const bytes = Buffer.from(source.randomBytes(10));
    const nowMs = Math.floor(source.now());
    if (nowMs > lastMs) {
      lastMs = nowMs;
      counter = bytes.readUInt16BE(8) % COUNTER_START_LIMIT;
    } else if (++counter === COUNTER_LIMIT) {
      lastMs += 1;
      counter = bytes.readUInt16BE(8) % COUNTER_START_LIMIT;
    }
    const time = lastMs.toString(16).padStart(12, "0");
    const version = (0x7000 | counter).toString(16);
    const variant = (0x8000 | (bytes.readUInt16BE(0) & 0x3fff)).toString(16);
    return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}-${bytes.toString("hex", 2, 8)}`;
  };
}
