import { compareUtf8 } from "../../core/utf8-order.ts";

/** Keys in SQLite's order, which is that of their UTF-8 bytes: `from <= key < below`. */
export interface KeyRange {
  readonly from: string;
  /** An empty blob, where nothing bounds it: SQLite sorts all text before every blob. */
  readonly below: string | Uint8Array;
}

export interface KeyRangeParams {
  readonly prefix?: string | undefined;
  /** The last key that was seen; it stays outside. */
  readonly after: string | null;
}

const LAST_CODE_POINT = 0x10ffff;
const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;

/** The keys that begin with `prefix` and come after a key, as one bound on each side, so that an index can use both. */
export function keyRange({ prefix = "", after }: KeyRangeParams): KeyRange {
  const next = after === null ? "" : `${after}\u0000`;
  return { from: compareUtf8(prefix, next) < 0 ? next : prefix, below: upperBound(prefix) };
}

function upperBound(prefix: string): string | Uint8Array {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === LAST_CODE_POINT) points.pop();
  const last = points.pop();
  if (last === undefined) return Buffer.alloc(0);
  return String.fromCodePoint(...points, last + 1 === FIRST_SURROGATE ? LAST_SURROGATE + 1 : last + 1);
}
