import { EngineError } from "../../core/errors.ts";
import type { Connection } from "../database.ts";
import { keyRange } from "./key-range.ts";

/** Keys in their order, and the ids of their partitions. */
export interface ActiveKeys {
  readonly keys: readonly string[];
  readonly numbers: readonly number[];
}

/** Keys that are told at once; a set with more is no use as columns or cards. */
export const MAX_KEYS_AT_ONCE = 5000;

export interface ReadActiveKeysParams {
  readonly setId: number;
  /** Null: from the first one. */
  readonly after: string | null;
  readonly limit: number;
}

/** The active keys of a set, in their order. */
export function readActiveKeys(db: Connection): (params: ReadActiveKeysParams) => ActiveKeys {
  const select = db.prepare<unknown[], { id: number; key: string }>(
    "SELECT id, key FROM partitions INDEXED BY partitions_by_state WHERE set_id = ? AND state = 'active' " +
      "AND key >= ? AND key < ? ORDER BY key LIMIT ?",
  );
  return ({ setId, after, limit }) => {
    const { from, below } = keyRange({ after });
    const found = select.all(setId, from, below, limit);
    return { keys: found.map(({ key }) => key), numbers: found.map(({ id }) => id) };
  };
}

/** Throws `too_large` where a set has more keys than are told at once. */
export function allActiveKeys(db: Connection): (setId: number) => ActiveKeys {
  const read = readActiveKeys(db);
  return (setId) => {
    const found = read({ setId, after: null, limit: MAX_KEYS_AT_ONCE + 1 });
    if (found.keys.length <= MAX_KEYS_AT_ONCE) return found;
    throw new EngineError("too_large", `the dimension has over ${MAX_KEYS_AT_ONCE} keys; choose another one`);
  };
}
