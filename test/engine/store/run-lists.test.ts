import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunStatus } from "../../../engine/core/states.ts";
import { openDatabase, openReadOnly } from "../../../engine/store/database.ts";
import { cursorsOf } from "../../../engine/store/reader/page.ts";
import type { Queries } from "../../../engine/store/reader/queries.ts";
import type { ListRunsParams } from "../../../engine/store/reader/run-filters.ts";
import type { SearchBounds } from "../../../engine/store/reader/run-search.ts";
import { listRuns } from "../../../engine/store/reader/runs.ts";
import { chainPlan, insertRun, things } from "../../rigs/made-runs.ts";
import { type RecordRig, recordRig } from "../../rigs/record.ts";
import { seededRandom } from "../../rigs/seeded-random.ts";

interface KnownRun {
  readonly uid: string;
  readonly status: RunStatus;
  readonly job: string | null;
  readonly assets: readonly string[];
  readonly partition: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly backfill: string | null;
  readonly createdAtMs: number;
}

const RUNS = 300;
const statuses: readonly RunStatus[] = [
  "queued",
  "starting",
  "running",
  "canceling",
  "succeeded",
  "failed",
  "canceled",
];

/** Many runs of every kind, and what is known of them, newest first. */
async function manyRuns(rig: RecordRig): Promise<readonly KnownRun[]> {
  const random = seededRandom(7);
  const known: KnownRun[] = [];
  const startMs = rig.clock.now();
  await rig.write((tx) => {
    tx.partitions.declareSet(things);
    tx.partitions.add({ set: things, keys: ["p0", "p1", "p2"], nowMs: tx.nowMs, reason: "test" });
    const backfillId = tx.backfills.insert({
      uid: "backfill",
      job: null,
      request: {},
      tagSetId: tx.interned.tagSetId({}),
      priority: 0,
      originKind: "operator",
      originName: null,
      reason: "test",
      nowMs: startMs,
      waves: [],
    });
    for (let at = 0; at < RUNS; at++) {
      const partition = random.pick([null, "p0", "p1", "p2"]);
      const run: KnownRun = {
        uid: `run ${at}`,
        status: random.pick(statuses),
        job: at % 100 === 17 ? "rare" : random.pick([null, "often", "often"]),
        assets: random.pick([["a"], ["a", "b"], ["c"]]),
        partition,
        tags: random.pick<Readonly<Record<string, string>>>([
          {},
          { team: "eco" },
          { team: "eco", kind: "x=y" },
          { team: "deep" },
        ]),
        backfill: random.pick([null, null, "backfill"]),
        createdAtMs: startMs + at * 1000,
      };
      insertRun(tx, {
        uid: run.uid,
        plan: chainPlan(run.assets),
        tags: run.tags,
        job: run.job,
        partitionId: partition === null ? 0 : tx.partitions.idOf(things, partition),
        backfillId: run.backfill === null ? null : backfillId,
        nowMs: run.createdAtMs,
      });
      known.push(run);
    }
  });
  const outside = openDatabase(rig.file);
  const set = outside.prepare("UPDATE runs SET status = ? WHERE uid = ?");
  outside.transaction(() => {
    for (const run of known) set.run(run.status, run.uid);
  })();
  outside.close();
  return known.toReversed();
}

function matches(run: KnownRun, filter: ListRunsParams): boolean {
  const [key, value] = /^([^=]+)=(.*)$/.exec(filter.tag ?? "")?.slice(1) ?? [];
  return (
    (filter.status?.includes(run.status) ?? true) &&
    (filter.job === undefined || run.job === filter.job) &&
    (filter.asset === undefined || run.assets.includes(filter.asset)) &&
    (filter.partition === undefined || run.partition === filter.partition) &&
    (key === undefined || run.tags[key] === value) &&
    (filter.backfill === undefined || run.backfill === filter.backfill) &&
    run.createdAtMs >= (filter.createdAfterMs ?? 0) &&
    run.createdAtMs <= (filter.createdBeforeMs ?? Number.MAX_SAFE_INTEGER)
  );
}

/** The list within small bounds, on a connection of its own. */
function smallSearch(rig: RecordRig, countedRuns = SMALL_BOUNDS.countedRuns): Pick<Queries, "runs"> & AsyncDisposable {
  const db = openReadOnly(rig.file);
  return {
    runs: listRuns(db, { cursors: cursorsOf(db), bounds: { ...SMALL_BOUNDS, countedRuns } }),
    [Symbol.asyncDispose]: async () => void db.close(),
  };
}

function everyPage(queries: Pick<Queries, "runs">, filter: ListRunsParams, limit: number): readonly string[] {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = queries.runs({ ...filter, limit, cursor });
    assert.ok(page.items.length <= limit);
    found.push(...page.items.map((row) => row.uid));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

/** So small that every way to search is taken, and that searches have to stop before they find enough. */
const SMALL_BOUNDS: SearchBounds = { countedRuns: 40, blockRuns: 16, blocks: 3, readRows: 60 };

test("every filter of runs, alone and together, gives page by page what a plain filter gives", async () => {
  await using rig = await recordRig();
  const known = await manyRuns(rig);
  const { queries } = rig;
  await using small = smallSearch(rig);
  await using byStatus = smallSearch(rig, 110);
  const startMs = known.at(-1)?.createdAtMs ?? 0;
  const alone: readonly ListRunsParams[] = [
    {},
    ...statuses.map((status) => ({ status: [status] })),
    { status: ["queued", "failed", "succeeded", "failed"] },
    { status: ["starting", "canceled"] },
    { job: "often" },
    { job: "rare" },
    { job: "none" },
    { asset: "a" },
    { asset: "b" },
    { asset: "none" },
    { partition: "p1" },
    { partition: "none" },
    { tag: "team=eco" },
    { tag: "kind=x=y" },
    { tag: "team=none" },
    { backfill: "backfill" },
    { backfill: "none" },
    { createdAfterMs: startMs + 100_000 },
    { createdBeforeMs: startMs + 100_000 },
    { createdAfterMs: startMs + 99_999, createdBeforeMs: startMs + 100_001 },
    { createdAfterMs: startMs + 1e9 },
    { createdBeforeMs: startMs - 1 },
  ];
  const together = alone.flatMap((one, at) => alone.slice(at + 1, at + 9).map((other) => ({ ...one, ...other })));
  for (const filter of [...alone, ...together]) {
    const expected = known.filter((run) => matches(run, filter)).map((run) => run.uid);
    assert.deepEqual(everyPage(queries, filter, 500), expected, JSON.stringify(filter));
    assert.deepEqual(everyPage(queries, filter, 7), expected, `${JSON.stringify(filter)}, seven a page`);
    for (const search of [small, byStatus]) {
      assert.deepEqual(everyPage(search, filter, 7), expected, `${JSON.stringify(filter)}, within small bounds`);
    }
  }
  assert.ok(known.some((run) => matches(run, { job: "rare" })));
});

test("a run in a list carries what its row refers to, and counts its steps", async () => {
  await using rig = await recordRig();
  await rig.write((tx) => {
    tx.partitions.declareSet(things);
    tx.partitions.add({ set: things, keys: ["p"], nowMs: tx.nowMs, reason: "test" });
    const parentId = insertRun(tx, { uid: "parent", plan: chainPlan(["b", "a"]) });
    const id = insertRun(tx, {
      uid: "child",
      plan: chainPlan(["b", "a", "c"]),
      tags: { team: "eco" },
      partitionId: tx.partitions.idOf(things, "p"),
      parentId,
      rootId: parentId,
    });
    tx.steps.start({ runId: id, ordinal: 0, attempt: 1 }, { partitionId: 0, nowMs: tx.nowMs });
  });
  const [child, parent] = rig.queries.runs({}).items;
  assert.equal(parent?.partition_key, "-");
  assert.deepEqual(
    [child?.assets, child?.tags, child?.partition_key, child?.set_name, child?.parent_uid, child?.root_uid],
    ['["b","a","c"]', '{"team":"eco"}', "p", "things", "parent", "parent"],
  );
  assert.deepEqual([child?.step_count, child?.step_counts], [3, { running: 1 }]);
});

test("a limit that is none and a filter that does not read are refused", async () => {
  await using rig = await recordRig();
  const { queries } = rig;
  for (const limit of [0, -1, 501, 1.5, Number.NaN]) {
    assert.throws(() => queries.runs({ limit }), { code: "invalid_request", message: /from 1 to 500/ });
  }
  assert.throws(() => queries.runs({ tag: "team" }), { code: "invalid_request", message: /key=value/ });
  const status = ["done" as RunStatus];
  assert.throws(() => queries.runs({ status }), { code: "invalid_request", message: /expected queued, starting/ });
});

test("a cursor that the list did not give out is refused", async () => {
  await using rig = await recordRig();
  await rig.write((tx) => {
    for (const uid of ["one", "two", "three"]) insertRun(tx, { uid, plan: chainPlan(["a"]) });
  });
  const { queries } = rig;
  const good = queries.runs({ limit: 1 }).nextCursor ?? "";
  assert.match(good, /^[A-Za-z0-9_-]+$/);
  assert.equal(queries.runs({ limit: 1, cursor: good }).items[0]?.uid, "two");
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const [, generation] = JSON.parse(Buffer.from(good, "base64url").toString()) as [string, string, number];
  const bad = [
    "",
    "!",
    "abc",
    `${good}=`,
    good.slice(0, -3),
    encode(["audit", generation, 1]),
    encode(["runs", generation, "1"]),
    encode(["runs", generation, 1.5]),
    encode(["runs", generation]),
    encode({ runs: 1 }),
    encode(["runs", generation, 1]).repeat(10_000),
  ];
  for (const cursor of bad) {
    assert.throws(
      () => queries.runs({ cursor }),
      { code: "invalid_request", message: /the cursor is none/ },
      cursor.slice(0, 80),
    );
  }
  const restored = encode(["runs", "ffffffff", 2]);
  assert.throws(() => queries.runs({ cursor: restored }), { code: "invalid_request", message: /was restored/ });
});

test("a tag that hundreds of tag sets have finds its runs all the same", async () => {
  await using rig = await recordRig();
  await rig.write((tx) => {
    for (let at = 0; at < 600; at++) {
      const tags = { number: String(at), shared: at % 2 === 0 ? "yes" : "yes, too", odd: String(at % 3) };
      insertRun(tx, { uid: `run ${at}`, plan: chainPlan(["a"]), tags: at % 50 === 0 ? {} : tags });
    }
    for (let at = 600; at < 1300; at++) {
      insertRun(tx, { uid: `run ${at}`, plan: chainPlan(["a"]), tags: { number: String(at), late: "yes" } });
    }
  });
  const late = Array.from({ length: 700 }, (_, at) => `run ${1299 - at}`);
  assert.deepEqual(everyPage(rig.queries, { tag: "late=yes" }, 300), late);
  assert.deepEqual(everyPage(rig.queries, { tag: "late=yes", job: "none" }, 300), []);
  assert.deepEqual(everyPage(rig.queries, { tag: "number=7" }, 300), ["run 7"]);
});

test("a page that a search could not fill within its bounds leads on to the rest", async () => {
  await using rig = await recordRig();
  await rig.write((tx) => {
    for (let at = 0; at < 200; at++) {
      insertRun(tx, {
        uid: `run ${at}`,
        plan: chainPlan(["a"]),
        job: at < 100 ? "old" : "new",
        tags: { half: at < 100 ? "a" : "b" },
      });
    }
  });
  await using small = smallSearch(rig);
  const filter = { job: "new", tag: "half=a" };
  const first = small.runs({ ...filter, limit: 5 });
  assert.deepEqual(first.items, []);
  assert.notEqual(first.nextCursor, null);
  assert.deepEqual(everyPage(small, filter, 5), []);
  assert.deepEqual(everyPage(small, { job: "old", tag: "half=a" }, 5).length, 100);
});

test("a search sees the runs that were added, and those that took the ids of removed ones", async () => {
  await using rig = await recordRig();
  await rig.write((tx) => {
    for (let at = 0; at < 100; at++) {
      insertRun(tx, { uid: `run ${at}`, plan: chainPlan(["a"]), job: "one", tags: { all: "yes" } });
    }
  });
  await using small = smallSearch(rig);
  const ask = (job: string): readonly string[] => everyPage(small, { job, tag: "all=yes" }, 50);
  assert.deepEqual([ask("one").length, ask("other").length], [100, 0]);
  await rig.write((tx) => {
    for (const uid of ["added", "last"])
      insertRun(tx, { uid, plan: chainPlan(["a"]), job: "one", tags: { all: "yes" } });
  });
  assert.deepEqual(ask("one").slice(0, 2), ["last", "added"]);
  const outside = openDatabase(rig.file);
  outside.exec("DELETE FROM runs WHERE uid IN ('last', 'added', 'run 99')");
  outside.close();
  await rig.write((tx) => {
    for (const uid of ["in place", "new"])
      insertRun(tx, { uid, plan: chainPlan(["a"]), job: "other", tags: { all: "yes" } });
  });
  assert.deepEqual([ask("one").length, ask("other")], [99, ["new", "in place"]]);
});
