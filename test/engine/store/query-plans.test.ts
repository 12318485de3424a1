import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { dynamicPartitions, productPartitions } from "../../../engine/core/partitions.ts";
import { AGING_MS_PER_PRIORITY } from "../../../engine/core/queue-order.ts";
import { partitionWords, runStatuses } from "../../../engine/core/states.ts";
import { checkCopy } from "../../../engine/store/care/database-copy.ts";
import { prunableQueries } from "../../../engine/store/care/prunable.ts";
import { type Connection, openDatabase } from "../../../engine/store/database.ts";
import { migrate } from "../../../engine/store/migrate.ts";
import { cursorsOf } from "../../../engine/store/reader/page.ts";
import type { Queries } from "../../../engine/store/reader/queries.ts";
import { SEARCH_BOUNDS } from "../../../engine/store/reader/run-search.ts";
import { listRuns } from "../../../engine/store/reader/runs.ts";
import type { StaleParams } from "../../../engine/store/reader/staleness.ts";
import { chainPlan, insertRun, things } from "../../rigs/made-runs.ts";
import { type RecordRig, recordRig } from "../../rigs/record.ts";
import { schemaText } from "../../rigs/schema-text.ts";

/** They hold as many rows as there are names in the code, or as there are operators. */
const SMALL_TABLES = new Set([
  "meta",
  "migrations",
  "lease",
  "partition_sets",
  "assets",
  "checks",
  "automations",
  "limits",
  "tokens",
  "sessions",
  "login_codes",
  "held_retirements",
  // As many rows as containers exist.
  "external_work",
  "sqlite_schema",
  "sqlite_master",
]);

interface Exception {
  readonly statement: RegExp;
  /** The plan's line that is let pass. */
  readonly plan: RegExp;
  readonly reason: string;
}

/** Statements that read or sort much on purpose. Every one is taken, or the test says so. */
const EXCEPTIONS: readonly Exception[] = [
  {
    statement: /^WITH prunable AS/,
    plan: /./,
    reason: "retention looks for what may go, in a thread of its own, once an hour",
  },
  {
    statement: /FROM backfills WHERE status IN/,
    plan: /ORDER BY/,
    reason: "live backfills are few",
  },
  {
    statement: /FROM runs WHERE status IN \('starting', 'running', 'canceling'\) ORDER BY id/,
    plan: /ORDER BY/,
    reason: "live runs are few, and read so at a start alone",
  },
  {
    statement: /FROM slots s JOIN runs r/,
    plan: /ORDER BY/,
    reason: "a pool has few slots",
  },
  {
    statement: /^SELECT count\(\*\) AS count FROM runs WHERE status = 'queued'/,
    plan: /USING COVERING INDEX runs_queued/,
    reason: "the index holds queued runs alone: some ms for 100,000",
  },
  {
    statement: /FROM runs INDEXED BY runs_queued WHERE status = 'queued'/,
    plan: /INDEX runs_queued|ORDER BY/,
    reason: "the index holds queued runs alone, and is taken for up to 2,000 of them",
  },
  {
    statement: /^INSERT INTO partitions /,
    plan: /^SCAN (materializations|steps|runs|check_evaluations|asset_partitions)/,
    reason: "SQLite looks there only while a reference is broken (OP_FkIfZero), which none is",
  },
  {
    statement: /FROM asset_partitions INDEXED BY asset_partitions_by_word .* LIMIT 100\) ORDER BY failed_seq/,
    plan: /ORDER BY/,
    reason: "it sorts up to 100 rows",
  },
  {
    statement: /FROM partitions p JOIN partition_parts p0 .* ORDER BY p.key/,
    plan: /ORDER BY/,
    reason: "it sorts the keys that share a part, all of which are asked for",
  },
  {
    statement: /CROSS JOIN partitions p ON p.id = a.partition_id WHERE/,
    plan: /ORDER BY/,
    reason: "it sorts the partitions of a word, up to GATHERED_PARTITIONS",
  },
  {
    statement:
      /FROM (checks c CROSS JOIN asset_partitions a|check_partitions s CROSS JOIN partitions p) .* ORDER BY p.key/,
    plan: /ORDER BY/,
    reason: "it sorts the keys that a request runs a check for, all of which are asked for",
  },
  {
    statement: /INDEXED BY asset_partitions_failed .* ORDER BY f.failed_at_ms DESC LIMIT/,
    plan: /INDEX asset_partitions_failed/,
    reason: "it is walked from its newest end up to the page's bound",
  },
  {
    statement: /AS stale FROM asset_partitions a/,
    plan: /DISTINCT/,
    reason: "it sorts the upstream partitions of one partition",
  },
  {
    statement: /^SELECT r.part_id, .* count\(\*\) FROM partition_parts r /,
    plan: /GROUP BY/,
    reason: "it groups a chunk of partitions at a time",
  },
];

interface Prepared {
  readonly sql: string;
  /** File and line in `engine/store`. */
  readonly site: string;
}

/** All that is prepared meanwhile, by any connection of this thread. */
async function preparedDuring(work: () => Promise<void>): Promise<readonly Prepared[]> {
  const probe = openDatabase(":memory:");
  const prototype = Object.getPrototypeOf(probe) as { prepare: (this: Connection, sql: string) => unknown };
  probe.close();
  const { prepare } = prototype;
  const found = new Map<string, Prepared>();
  prototype.prepare = function prepareAndNote(this: Connection, sql: string): unknown {
    const site = /(?<!test\/)engine\/store\/([\w./-]+\.ts:\d+)/.exec(new Error("here").stack ?? "")?.[1];
    if (site !== undefined) found.set(`${site} ${sql}`, { sql, site });
    return prepare.call(this, sql);
  };
  try {
    await work();
  } finally {
    prototype.prepare = prepare;
  }
  return [...found.values()];
}

/** Where the store's code prepares something; with the statement where it is written out there. */
function callSites(): readonly { readonly site: string; readonly sql: string | null }[] {
  const store = fileURLToPath(new URL("../../../engine/store/", import.meta.url));
  return readdirSync(store, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => {
      const text = readFileSync(path.join(store, file), "utf8");
      return [...text.matchAll(/\.prepare\b(?:<[^(]*>)?\(\s*((?:"[^"]*"[\s+]*)*)(,?\s*\))?/g)].map((call) => {
        const [, literals = "", end] = call;
        const sql = [...literals.matchAll(/"([^"]*)"/g)].map(([, part]) => part).join("");
        const line = text.slice(0, call.index).split("\n").length;
        return { site: `${file}:${line}`, sql: end === undefined || sql === "" ? null : sql };
      });
    });
}

/** The lines of a statement's plan that read a large table from one end to the other, or sort. */
function costlyLines(db: Connection, sql: string): readonly string[] {
  if (/^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA|VACUUM|ATTACH|DETACH|CREATE)\b/.test(sql)) return [];
  const names = [...sql.matchAll(/[@$:]([a-z]\w*)/gi)].map(([, name = ""]) => [name, null] as const);
  const values = Array.from({ length: sql.split("?").length - 1 }, () => null);
  const explain = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
  const plan = names.length > 0 ? explain.all(Object.fromEntries(names)) : explain.all(...values);
  const tableOf = new Map(
    [...sql.matchAll(/\b(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)(?:\s+(?:AS\s+)?(\w+))?/g)].flatMap(
      ([, table = "", alias = table]) => [[alias, table] as const, [table, table] as const],
    ),
  );
  const isSmall = (name: string): boolean => SMALL_TABLES.has(tableOf.get(name) ?? name);
  const readsSmall = [...new Set(tableOf.values())].every(isSmall);
  return plan
    .map(({ detail }) => detail)
    .filter((detail) => {
      if (detail.startsWith("USE TEMP B-TREE")) return !readsSmall;
      const [, name = "", how = ""] = /^SCAN (\w+|\(\S+\))(.*)$/.exec(detail) ?? [];
      if (name === "" || name.startsWith("(") || how.includes("VIRTUAL TABLE")) return false;
      return !isSmall(name) && !new RegExp(`\\)\\s+(AS\\s+)?${name}\\b`).test(sql);
    });
}

function isExcepted({ sql }: Pick<Prepared, "sql">, line: string): boolean {
  return EXCEPTIONS.some(({ statement, plan }) => statement.test(sql) && plan.test(line));
}

/** Calls for what is prepared only when it is asked for. */
async function useEverything(rig: RecordRig): Promise<void> {
  await rig.write((tx) => {
    const left = dynamicPartitions("left");
    const right = dynamicPartitions("right");
    const product = productPartitions("product", { left, right });
    for (const set of [things, left, right, product]) tx.partitions.declareSet(set);
    tx.materializations.declareAssets([{ key: "a", setId: tx.partitions.setId(things.name) }]);
    tx.partitions.add({ set: product, keys: ["l|r"], nowMs: tx.nowMs, reason: "test" });
    tx.partitions.add({ set: things, keys: ["p"], nowMs: tx.nowMs, reason: "test" });
    const part = { partitionId: tx.partitions.idOf(things, "p") };
    insertRun(tx, { uid: "one", plan: chainPlan(["a"]), job: "j", tags: { k: "v" }, ...part });
    insertRun(tx, { uid: "two", plan: chainPlan(["a"]), job: "j", tags: { k: "v", other: "w" }, ...part });
    tx.partitions.index.matching(product, new Map([[0, "l"]]));
    tx.backfills.insert({
      uid: "b",
      job: null,
      request: {},
      tagSetId: tx.interned.tagSetId({}),
      priority: 0,
      originKind: "operator",
      originName: null,
      reason: "test",
      nowMs: tx.nowMs,
      waves: [],
    });
  });
  await assert.rejects(recordRig({ directory: rig.directory }), { code: "locked" });
  checkCopy(rig.file);
  const prunable = openDatabase(rig.file);
  prunableQueries(prunable);
  prunable.close();
  askLists(rig.queries);
  const db = openDatabase(rig.file);
  // Bounds of nothing take the ways for what filters leave much of.
  for (const countedRuns of [0, 1, 1000]) {
    const runs = listRuns(db, { cursors: cursorsOf(db), bounds: { ...SEARCH_BOUNDS, countedRuns } });
    askRuns(runs);
  }
  db.close();
}

function askRuns(runs: Queries["runs"]): void {
  const facets = [{ job: "j" }, { asset: "a" }, { partition: "p" }, { tag: "k=v" }, { backfill: "b" }];
  const filters = [{}, ...facets, ...facets.flatMap((one) => facets.map((other) => ({ ...one, ...other })))];
  for (const status of [undefined, ...runStatuses.map((one) => [one]), runStatuses]) {
    for (const facet of filters) {
      runs({ ...facet, status });
      runs({ ...facet, status, createdAfterMs: 1, createdBeforeMs: 2 });
    }
  }
}

function askLists(queries: Queries): void {
  askRuns(queries.runs);
  for (const status of [undefined, ...partitionWords]) queries.assetPartitions({ assetId: 1, status });
  const match = { setId: 1, fromBase: true, pairs: [[0, 1]] } as const;
  const both = [
    [0, 1],
    [1, 0],
  ] as const;
  const upstream: StaleParams["dependencies"][number]["upstream"][] = [
    { type: "none" },
    { type: "same" },
    { type: "part", dimension: 1 },
    { type: "match", match },
    { type: "match", match: { setId: 1, fromBase: false, pairs: both } },
    { type: "through", via: match, dimension: 0 },
    { type: "listed", ids: "{}" },
  ];
  for (const count of [0, 1, 2]) {
    const fixed = Array.from({ length: count }, (_, index) => ({ dimension: index + 2, partId: 1 }));
    const [rows, columns] = [0, 1].map((dimension) => ({ dimension, setId: 1 }));
    if (rows !== undefined && columns !== undefined) queries.matrix({ assetId: 1, setId: 1, rows, columns, fixed });
  }
  for (const one of upstream) {
    const dependencies = [{ assetId: 1, upstream: one }];
    queries.findStale({ assetId: 1, codeVersion: null, dependencies, afterId: 0, limit: 5 });
  }
}

test("a statement that reads or sorts a large table whole is told from one that does not", () => {
  const db = openDatabase(":memory:");
  migrate(db, 0);
  const costly = [
    "SELECT * FROM runs WHERE run_key = ?",
    "SELECT r.id FROM runs AS r WHERE r.reason = ?",
    "SELECT count(*) FROM events WHERE type = ?",
    "DELETE FROM log_lines WHERE level = ?",
    "SELECT id FROM runs WHERE job = ? ORDER BY created_at_ms",
    "SELECT job, count(*) FROM (SELECT * FROM runs WHERE id > ?) GROUP BY job",
  ];
  for (const sql of costly) assert.equal(costlyLines(db, sql).length, 1, sql);
  assert.deepEqual(costlyLines(db, "SELECT * FROM runs WHERE uid = ?"), []);
  assert.deepEqual(costlyLines(db, "SELECT * FROM limits ORDER BY maximum"), []);
  db.close();
});

test("no statement of the store reads or sorts a large table whole, but for those with a reason", async () => {
  await using rig = await recordRig();
  const prepared = await preparedDuring(async () => {
    await using other = await recordRig();
    await useEverything(other);
  });
  const seen = new Set(prepared.map(({ site }) => site));
  const written = callSites().filter(({ site }) => !seen.has(site));
  assert.deepEqual(
    written.filter(({ sql }) => sql === null).map(({ site }) => site),
    [],
    "here statements are put together that the check does not see: let `useEverything` call for them",
  );
  const db = openDatabase(rig.file);
  // The reader's own; a plan only needs to know that it is there.
  db.aggregate("input_digest", { start: 0, step: (_before: unknown, _version: unknown) => 0 });
  const costly = [...prepared, ...written.map(({ site, sql }) => ({ site, sql: sql ?? "" }))].flatMap((one) =>
    costlyLines(db, one.sql).map((line) => ({ ...one, line })),
  );
  db.close();
  assert.ok(prepared.length > 150, `${prepared.length} statements`);
  assert.deepEqual(
    costly
      .filter(({ sql, line }) => !isExcepted({ sql }, line))
      .map(({ sql, site, line }) => `${site} ${line}: ${sql}`),
    [],
  );
  const unused = EXCEPTIONS.filter(({ statement, plan }) =>
    costly.every(({ sql, line }) => !(statement.test(sql) && plan.test(line))),
  );
  assert.deepEqual(
    unused.map(({ statement }) => String(statement)),
    [],
    "exceptions that nothing needs",
  );
});

test("the next queued runs are read off their index in order, and it ages by what the code says", async () => {
  await using rig = await recordRig();
  const prepared = await preparedDuring(async () => {
    await using other = await recordRig();
    await useEverything(other);
  });
  const next = prepared.filter(({ sql }) => sql.includes("ORDER BY queue_rank_ms"));
  assert.equal(next.length, 1);
  const db = openDatabase(rig.file);
  const plan = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${next[0]?.sql}`).all(0, 0, "[]", 1);
  db.close();
  assert.match(plan[0]?.detail ?? "", /^SEARCH runs USING INDEX runs_queued \(queue_rank_ms>\?\)$/);
  assert.ok(plan.every(({ detail }) => !detail.includes("TEMP B-TREE")));
  assert.ok(schemaText().includes(`priority * ${AGING_MS_PER_PRIORITY})`));
});

test("what refers to rows that are removed has an index to be found by", async () => {
  await using rig = await recordRig();
  const prepared = await preparedDuring(async () => {
    await using other = await recordRig();
    await useEverything(other);
  });
  const db = openDatabase(rig.file);
  const references = referencesOf(db);
  // With a row goes whatever is removed along with it.
  const removed = new Set(prepared.flatMap(({ sql }) => /^DELETE FROM (\w+)/.exec(sql)?.[1] ?? []));
  for (const table of removed) {
    for (const { child, parent, cascades } of references) if (cascades && parent === table) removed.add(child);
  }
  const missing = references.filter(({ child, parent, columns }) => {
    if (!removed.has(parent) || SMALL_TABLES.has(child)) return false;
    return !indexHeads(db, child).some((head) => columns.every((column, at) => head[at] === column));
  });
  db.close();
  assert.ok(removed.size > 0);
  assert.deepEqual(
    missing.map(({ child, parent }) => `removing from ${parent} reads all of ${child}`),
    [],
  );
});

interface Reference {
  readonly child: string;
  readonly parent: string;
  readonly columns: readonly string[];
  readonly cascades: boolean;
}

function referencesOf(db: Connection): readonly Reference[] {
  const tables = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
  return tables.flatMap((child) => {
    type Row = Readonly<Record<"id" | "seq", number> & Record<"table" | "from" | "on_delete", string>>;
    const rows = db.pragma(`foreign_key_list(${child})`) as Row[];
    return Object.values(Object.groupBy(rows, ({ id }) => String(id))).map((parts = []) => ({
      child,
      parent: parts[0]?.table ?? "",
      columns: parts.toSorted((a, b) => a.seq - b.seq).map(({ from }) => from),
      cascades: parts[0]?.on_delete === "CASCADE",
    }));
  });
}

function indexHeads(db: Connection, table: string): readonly (readonly string[])[] {
  const indexes = db.pragma(`index_list(${table})`) as { name: string }[];
  const columns = db.pragma(`table_info(${table})`) as { name: string; pk: number }[];
  const primary = columns.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
  return [
    primary.map(({ name }) => name),
    ...indexes.map(({ name }) => (db.pragma(`index_info(${name})`) as { name: string }[]).map((column) => column.name)),
  ];
}
