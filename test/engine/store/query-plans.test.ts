import assert from "node:assert/strict";
import { test } from "node:test";
import { AGING_MS_PER_PRIORITY } from "../../../engine/core/queue-order.ts";
import { partitionWords, runStatuses } from "../../../engine/core/states.ts";
import { type Connection, openDatabase } from "../../../engine/store/database.ts";
import { migrate } from "../../../engine/store/migrate.ts";
import type { CountStaleParams } from "../../../engine/store/reader/staleness.ts";
import { prepareQueries, type Queries } from "../../../engine/store/reader/queries.ts";
import { prepareTables } from "../../../engine/store/tables.ts";
import { schemaText } from "../../rigs/schema-text.ts";

/** They hold as many rows as there are names in the code, or as there are operators. */
const SMALL_TABLES = new Set([
  "meta",
  "lease",
  "partition_sets",
  "assets",
  "checks",
  "automations",
  "limits",
  "tokens",
  "sessions",
]);

/** Statements that read a large table whole on purpose, each with its reason. */
const EXCEPTIONS: readonly { readonly statement: RegExp; readonly reason: string }[] = [
  { statement: /^UPDATE assets SET defined/, reason: "assets are few" },
  { statement: /^UPDATE checks SET defined/, reason: "checks are few" },
  { statement: /FROM external_work w WHERE NOT/, reason: "it holds as many rows as containers exist" },
  { statement: /DELETE FROM login_codes WHERE expires_at_ms/, reason: "codes live for minutes" },
];

function preparedBy(db: Connection, prepare: (spy: Connection) => void): readonly string[] {
  const prepared = new Set<string>();
  const spy = new Proxy(db, {
    get(target, name) {
      if (name === "prepare") {
        return (sql: string) => {
          prepared.add(sql);
          return target.prepare(sql);
        };
      }
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
  prepare(spy);
  return [...prepared];
}

/** The tables that a statement reads from one end to the other, or sorts beyond a page. */
function wholeReads(db: Connection, sql: string): readonly string[] {
  if (EXCEPTIONS.some(({ statement }) => statement.test(sql))) return [];
  const values = Array.from({ length: sql.split("?").length - 1 }, () => null);
  const plan = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
  const tableOf = new Map(
    [...sql.matchAll(/\b(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)(?:\s+(?:AS\s+)?(\w+))?/g)].flatMap(
      ([, table = "", alias = table]) => [[alias, table] as const, [table, table] as const],
    ),
  );
  return plan.flatMap(({ detail }) => {
    const scanned = /^SCAN (\w+)(.*)$/.exec(detail);
    if (scanned === null) return [];
    const [, name = "", how = ""] = scanned;
    const table = tableOf.get(name) ?? name;
    if (SMALL_TABLES.has(table) || how.includes("VIRTUAL TABLE") || name.startsWith("(")) return [];
    if (how.includes("INDEX runs_queued") || how.includes("INDEX runs_live")) return [];
    // Walked from its newest end up to the page's bound.
    if (how.includes("INDEX asset_partitions_failed") && /ORDER BY f\.failed_at_ms DESC LIMIT \?$/.test(sql)) return [];
    return isSubquery(sql, name) ? [] : [`${detail}\n    in ${sql}`];
  });
}

function isSubquery(sql: string, name: string): boolean {
  return new RegExp(`\\)\\s+${name}\\b`).test(sql);
}

function askEverything(queries: Queries): void {
  const facets = [{ job: "j" }, { asset: "a" }, { partition: "-" }, { tag: "k=v" }, { backfill: "b" }];
  for (const status of [undefined, ...runStatuses.map((one) => [one]), runStatuses]) {
    for (const facet of [{}, ...facets]) queries.runs({ ...facet, status, createdAfterMs: 1, createdBeforeMs: 2 });
  }
  for (const status of [undefined, ...partitionWords]) queries.assetPartitions({ assetId: 1, status });
  const upstream: CountStaleParams["dependencies"][number]["upstream"][] = [
    { type: "none" },
    { type: "same" },
    { type: "part", dimension: 1 },
    { type: "match", match: { setId: 1, fromBase: true, pairs: [[0, 1]] } },
    {
      type: "match",
      match: {
        setId: 1,
        fromBase: false,
        pairs: [
          [0, 1],
          [1, 0],
        ],
      },
    },
    { type: "through", via: { setId: 1, fromBase: true, pairs: [[0, 1]] }, dimension: 0 },
    { type: "listed", ids: "{}" },
  ];
  for (const one of upstream) {
    const dependencies = [{ assetId: 1, upstream: one }];
    queries.countStale({ assetId: 1, codeVersion: null, dependencies, afterId: 0, limit: 5 });
  }
}

test("a statement without an index is told from one with", () => {
  const db = openDatabase(":memory:");
  migrate(db, 0);
  const whole = [
    "SELECT * FROM runs WHERE run_key = ?",
    "SELECT r.id FROM runs AS r WHERE r.reason = ?",
    "SELECT count(*) FROM events WHERE type = ?",
    "DELETE FROM log_lines WHERE level = ?",
  ];
  for (const sql of whole) assert.equal(wholeReads(db, sql).length, 1, sql);
  assert.deepEqual(wholeReads(db, "SELECT * FROM runs WHERE uid = ?"), []);
  db.close();
});

test("no list reads a large table from one end to the other", () => {
  const db = openDatabase(":memory:");
  migrate(db, 0);
  db.exec(
    `INSERT INTO assets (key, set_id, defined) VALUES ('a', 0, 1);
    INSERT INTO backfills (uid, status, request, tag_set_id, priority, origin_kind, reason, total, created_at_ms)
      SELECT 'b', 'queued', '{}', 1, 0, 'operator', 'test', 0, 0 WHERE 0;
    INSERT INTO tag_sets (id, body) VALUES (1, '{"k":"v"}');
    INSERT INTO tag_set_tags VALUES (1, 'k', 'v');
    INSERT INTO asset_sets VALUES (1, '["a"]');
    INSERT INTO asset_set_assets VALUES ('a', 1);
    INSERT INTO backfills (id, uid, status, request, tag_set_id, priority, origin_kind, reason, total, created_at_ms)
      VALUES (1, 'b', 'queued', '{}', 1, 0, 'operator', 'test', 0, 0);`,
  );
  const prepared = preparedBy(db, (spy) => askEverything(prepareQueries(spy)));
  const led = new Set(prepared.flatMap((sql) => /^SELECT id FROM runs INDEXED BY (\w+)/.exec(sql)?.[1] ?? []));
  assert.deepEqual(
    [...led].toSorted(),
    ["asset_set", "backfill", "job", "partition", "tag_set"]
      .map((what) => `runs_by_${what}`)
      .concat("runs_ended", "runs_live", "runs_queued"),
  );
  assert.deepEqual(
    prepared.flatMap((sql) => wholeReads(db, sql)),
    [],
  );
  db.close();
});

test("no statement of the engine's own connection reads a large table from one end to the other", () => {
  const db = openDatabase(":memory:");
  migrate(db, 0);
  const prepared = preparedBy(db, (spy) => prepareTables(spy)).filter((sql) => !sql.startsWith("INSERT INTO"));
  assert.ok(prepared.length > 80, `${prepared.length} statements`);
  assert.deepEqual(
    prepared.flatMap((sql) => wholeReads(db, sql)),
    [],
  );
  db.close();
});

test("the next queued runs are read off their index in order, and it ages by what the code says", () => {
  const db = openDatabase(":memory:");
  migrate(db, 0);
  const prepared = preparedBy(db, (spy) => prepareTables(spy));
  const next = prepared.filter((sql) => sql.includes("ORDER BY queue_rank_ms"));
  assert.equal(next.length, 1);
  const plan = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${next[0]}`).all(0, 0, "[]", 1);
  assert.match(plan[0]?.detail ?? "", /^SEARCH runs USING INDEX runs_queued \(queue_rank_ms>\?\)$/);
  assert.ok(plan.every(({ detail }) => !detail.includes("TEMP B-TREE")));
  assert.ok(schemaText().includes(`priority * ${AGING_MS_PER_PRIORITY})`));
  db.close();
});
