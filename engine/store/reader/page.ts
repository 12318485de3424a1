import { EngineError } from "../../core/errors.ts";
import type { Connection } from "../database.ts";

/** What every list takes: how many items, and where the page before ended. */
export interface PageRequest {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface RowPage<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export const DEFAULT_PAGE_ITEMS = 50;
export const MAX_PAGE_ITEMS = 500;
/** A partition key of 8,192 bytes may stand in a cursor, escaped and in base64. */
const MAX_CURSOR_CHARACTERS = 70_000;
const GENERATION_CHARACTERS = 8;

/** How many items to answer. Throws `invalid_request` outside of 1 to 500. */
export function pageLimit(request: PageRequest): number {
  const limit = request.limit ?? DEFAULT_PAGE_ITEMS;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE_ITEMS) {
    throw new EngineError("invalid_request", `limit is ${limit}; expected a whole number from 1 to ${MAX_PAGE_ITEMS}`);
  }
  return limit;
}

/** Where a page ended: the key of its last item in the list's order. */
export interface Cursors {
  encode(list: string, position: number | string): string;
  /** Null where the request has no cursor. Throws `invalid_request` on one that this list did not give out. */
  number(list: string, request: PageRequest): number | null;
  text(list: string, request: PageRequest): string | null;
}

/** Cursors carry the database's generation: those from before a restore are refused (design §3.14). */
export function cursorsOf(db: Connection): Cursors {
  const row = db.prepare<[], { value: string }>("SELECT value FROM meta WHERE key = 'generation'").get();
  const generation = (row?.value ?? "").slice(-GENERATION_CHARACTERS);
  const decode = (list: string, request: PageRequest): unknown => {
    if (request.cursor === undefined) return null;
    const parts = parseCursor(request.cursor);
    if (parts?.length !== 3 || parts[0] !== list) throw malformed(list);
    if (parts[1] !== generation) {
      throw new EngineError(
        "invalid_request",
        "the cursor is from before the database was restored; leave it out to begin at the first page",
      );
    }
    return parts[2];
  };
  return {
    encode: (list, position) => Buffer.from(JSON.stringify([list, generation, position])).toString("base64url"),
    number(list, request) {
      const position = decode(list, request);
      if (position !== null && !Number.isSafeInteger(position)) throw malformed(list);
      return position as number | null;
    },
    text(list, request) {
      const position = decode(list, request);
      if (position !== null && typeof position !== "string") throw malformed(list);
      return position;
    },
  };
}

function parseCursor(cursor: string): readonly unknown[] | null {
  if (cursor.length > MAX_CURSOR_CHARACTERS || !/^[A-Za-z0-9_-]+$/.test(cursor)) return null;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

function malformed(list: string): EngineError {
  return new EngineError(
    "invalid_request",
    `the cursor is none that the list of ${list} gave out; leave it out to begin at the first page`,
  );
}

/** A page from up to `limit + 1` rows: the one too many tells that there is a next page. */
export function pageOf<T>(
  rows: readonly T[],
  params: { readonly limit: number; readonly cursorAfter: (last: T) => string },
): RowPage<T> {
  const items = rows.slice(0, params.limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > params.limit && last !== undefined ? params.cursorAfter(last) : null };
}
