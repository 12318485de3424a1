import Database from "better-sqlite3";

/**
 * The connections that the engines of this process hold, so that a simulated kill can close those of its victim, as the
 * operating system would: an open transaction is gone, what was committed stays, locks are given back.
 *
 * better-sqlite3 has no list of them, so its prototype is wrapped: every connection of the engine says `pragma` first.
 * Statements are compiled at their first use here: an engine has two hundred, of which a short life uses a quarter.
 */
const open = new Map<string, Set<Database.Database>>();

type Prototype = Pick<Database.Database, "pragma" | "prepare" | "close">;

export function watchConnections(): void {
  const prototype = Database.prototype as Prototype;
  const { pragma, prepare, close } = prototype;
  prototype.pragma = function (this: Database.Database, ...args) {
    const known = open.get(this.name) ?? new Set();
    open.set(this.name, known.add(this));
    return pragma.apply(this, args);
  };
  prototype.close = function (this: Database.Database) {
    open.get(this.name)?.delete(this);
    return close.apply(this);
  };
  prototype.prepare = function (this: Database.Database, sql: string) {
    return isWatched(this)
      ? lazyStatement(() => prepare.call(this, sql) as Database.Statement)
      : prepare.call(this, sql);
  } as Prototype["prepare"];
}

function isWatched(db: Database.Database): boolean {
  return open.get(db.name)?.has(db) === true;
}

type Called = "run" | "get" | "all" | "iterate";
const called: readonly Called[] = ["run", "get", "all", "iterate"];

type LazyStatement = Pick<Database.Statement, Called | "pluck" | "raw">;

function lazyStatement(prepare: () => Database.Statement): LazyStatement {
  let prepared: Database.Statement | null = null;
  const statement: Record<string, unknown> = {
    pluck: () => lazyStatement(() => prepare().pluck()),
    raw: () => lazyStatement(() => prepare().raw()),
  };
  for (const name of called) {
    statement[name] = (...params: unknown[]) => {
      prepared ??= prepare();
      const call = prepared[name] as ((...params: unknown[]) => unknown) | undefined;
      if (call !== undefined) statement[name] = call.bind(prepared);
      return (prepared[name] as (...params: unknown[]) => unknown)(...params);
    };
  }
  return statement as unknown as LazyStatement;
}

/** Closes what a killed engine held in this folder. */
export function closeConnections(folder: string): void {
  for (const [name, connections] of open) {
    if (!name.startsWith(`${folder}/`)) continue;
    for (const connection of Array.from(connections)) connection.close();
    open.delete(name);
  }
}
