import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { defineAsset, defineJob, defineSensor, isEngineError } from "../../../engine/index.ts";
import { sha256 } from "../../../engine/core/json.ts";
import type { FaultPoint, FaultPoints } from "../../../engine/core/ports/fault-points.ts";
import { DISK_PROBE_MS } from "../../../engine/runtime/disk-watch.ts";
import { type Connection, openDatabase } from "../../../engine/store/database.ts";
import { engineRig, gate, operator } from "../../rigs/engine.ts";

/** A disk that takes only what it holds already, as long as it is full. */
function smallDisk() {
  const connections = new Set<Connection>();
  let isFull = false;
  const bound = (db: Connection): void => {
    const pages = isFull ? Number(db.pragma("page_count", { simple: true })) : 4_000_000_000;
    db.pragma(`max_page_count = ${pages}`);
  };
  return {
    connect: (file: string): Connection => {
      const db = openDatabase(file);
      connections.add(db);
      bound(db);
      return db;
    },
    set full(full: boolean) {
      isFull = full;
      for (const db of connections) if (db.open) bound(db);
    },
  };
}

/** Fails a point of the engine for as long as it is told to. */
function failing(point: FaultPoint, code: string): FaultPoints & { isOn: boolean } {
  return {
    isOn: false,
    reach(reached) {
      if (this.isOn && reached === point) throw new Database.SqliteError("disk I/O error", code);
    },
  };
}

/** A disk that goes away: nothing can be read or written any more. */
function removableDisk() {
  let isGone = false;
  return {
    connect(file: string): Connection {
      const db = openDatabase(file);
      const prepare = db.prepare.bind(db);
      db.prepare = ((sql: string) => {
        const statement = prepare(sql);
        for (const name of ["get", "all", "run"] as const) {
          const call: (...values: unknown[]) => unknown = statement[name].bind(statement);
          const guarded = (...values: unknown[]): unknown => {
            if (isGone) throw new Database.SqliteError("disk I/O error", "SQLITE_IOERR_READ");
            return call(...values);
          };
          Object.assign(statement, { [name]: guarded });
        }
        return statement;
      }) as Connection["prepare"];
      return db;
    },
    set gone(gone: boolean) {
      isGone = gone;
    },
  };
}

const big = "x".repeat(50_000);

test("a full disk stops new work, loses no result, and the engine goes on when there is space", async () => {
  const disk = smallDisk();
  const open = gate();
  let calls = 0;
  const slow = defineAsset({
    key: "slow",
    async run({ log }) {
      calls++;
      log.info("begun");
      await open.passed;
      log.info("done");
      return big.repeat(1);
    },
  });
  const next = defineAsset({ key: "next", deps: { slow }, run: ({ inputs }) => inputs.slow.length });
  const filler = defineAsset({ key: "filler", run: () => big.repeat(1) });
  await using rig = await engineRig({
    definitions: [
      slow,
      next,
      filler,
      defineJob({ name: "slow", assets: [slow, next] }),
      defineJob({ name: "filler", assets: [filler] }),
    ],
    connect: disk.connect,
  });
  const id = await rig.start("slow");
  await rig.settle();
  const healths: string[] = [];
  rig.engine.onHealth(({ status }) => healths.push(status));
  disk.full = true;
  open.open();
  await rig.settle();
  assert.equal(rig.engine.health().status, "suspended");
  assert.equal(rig.engine.health().error?.code, "disk_failed");
  assert.match(String(rig.problems.splice(0)), /the disk is full/);
  await assert.rejects(rig.start("filler"), (error) => isEngineError(error, "disk_failed") && error.retryable);
  assert.equal(rig.engine.queries.run(id).status, "running");
  assert.equal((await rig.engine.queries.runs({})).items.length, 1);
  await rig.advance(3 * DISK_PROBE_MS);
  assert.equal(rig.engine.health().status, "suspended");
  disk.full = false;
  await rig.advance(DISK_PROBE_MS);
  assert.equal(rig.engine.health().status, "ok");
  assert.equal((await rig.ended(id)).status, "succeeded");
  assert.deepEqual([calls, rig.step(id, "slow").attempt, rig.step(id, "slow").interruptions], [1, 1, 0]);
  const { items } = await rig.engine.queries.logs(id, {});
  assert.deepEqual(
    items.map((line) => line.message),
    ["begun", "done"],
  );
  assert.deepEqual(healths, ["suspended", "ok"]);
  assert.equal((await rig.run("filler")).status, "succeeded");
  assert.deepEqual(rig.problems, []);
});

test("an engine whose disk cannot even be read any more says so, and goes on when it is back", async () => {
  const disk = removableDisk();
  const quick = defineAsset({ key: "quick", run: () => 1 });
  await using rig = await engineRig({
    definitions: [quick, defineJob({ name: "quick", assets: [quick] })],
    connect: disk.connect,
  });
  assert.equal((await rig.run("quick")).status, "succeeded");
  const { newestSeq } = rig.engine.health();
  disk.gone = true;
  await assert.rejects(rig.start("quick"), (error) => isEngineError(error, "disk_failed"));
  const { status, newestSeq: seqThen } = rig.engine.health();
  assert.deepEqual([status, seqThen], ["suspended", newestSeq]);
  await rig.advance(2 * DISK_PROBE_MS);
  assert.equal(rig.engine.health().status, "suspended");
  disk.gone = false;
  await rig.advance(DISK_PROBE_MS);
  assert.equal(rig.engine.health().status, "ok");
  assert.equal((await rig.run("quick")).status, "succeeded");
  rig.problems.length = 0;
});

test("an engine whose lease was taken while its disk failed does not take it back", async () => {
  const faults = failing("flush.before-commit", "SQLITE_IOERR_FSYNC");
  const quick = defineAsset({ key: "quick", run: () => 1 });
  await using rig = await engineRig({ definitions: [quick, defineJob({ name: "quick", assets: [quick] })], faults });
  faults.isOn = true;
  await assert.rejects(rig.start("quick"), (error) => isEngineError(error, "disk_failed"));
  rig.problems.splice(0);
  faults.isOn = false;
  const other = openDatabase(path.join(rig.dataDir, "sheaf.db"));
  using _closed = { [Symbol.dispose]: () => void other.close() };
  const told = other.prepare<[], { lease: number; seq: number }>(
    "SELECT (SELECT epoch FROM lease) AS lease, (SELECT max(seq) FROM events) AS seq",
  );
  other.prepare("UPDATE lease SET epoch = epoch + 1, holder = 'another'").run();
  const before = told.get();
  await rig.advance(3 * DISK_PROBE_MS);
  assert.deepEqual(told.get(), before);
  assert.deepEqual([rig.engine.health().status, rig.engine.health().error?.code], ["failed", "locked"]);
  assert.match(String(rig.problems.splice(0)), /another engine took over/);
  await assert.rejects(rig.start("quick"), (error) => isEngineError(error, "conflict"));
});

test("code that goes on over a full disk and its end is recorded as the attempt that it is", async () => {
  const faults = failing("flush.before-commit", "SQLITE_FULL");
  const open = gate();
  let calls = 0;
  const slow = defineAsset({
    key: "slow",
    pool: "one",
    async run({ log, report }) {
      calls++;
      report({ done: 7 });
      await open.passed;
      log.info("done");
      return 1;
    },
  });
  const quick = defineAsset({ key: "quick", pool: "one", run: () => 1 });
  await using rig = await engineRig({
    definitions: [slow, quick, ...[slow, quick].map((asset) => defineJob({ name: asset.key, assets: [asset] }))],
    limits: [{ kind: "pool", key: "one", maximum: 1 }],
    faults,
  });
  const id = await rig.start("slow");
  await rig.settle();
  faults.isOn = true;
  await assert.rejects(rig.start("quick"), (error) => isEngineError(error, "disk_failed"));
  rig.problems.splice(0);
  faults.isOn = false;
  await rig.advance(DISK_PROBE_MS);
  assert.deepEqual([rig.engine.health().status, rig.engine.health().runningSteps], ["ok", 1]);
  assert.deepEqual(rig.step(id, "slow").progress, { done: 7 });
  const waiting = await rig.start("quick");
  await rig.settle();
  assert.equal(rig.step(waiting, "quick").status, "waiting");
  open.open();
  assert.equal((await rig.ended(id)).status, "succeeded");
  assert.equal((await rig.ended(waiting)).status, "succeeded");
  assert.deepEqual([calls, rig.step(id, "slow").attempt], [1, 1]);
  assert.deepEqual(
    (await rig.engine.queries.logs(id, {})).items.map((line) => line.message),
    ["done"],
  );
});

test("what waits for abandoned code of before a disk failure starts when that code settles", async () => {
  const faults = failing("flush.before-commit", "SQLITE_FULL");
  const open = gate();
  let calls = 0;
  const deaf = defineAsset({ key: "deaf", run: () => (++calls === 1 ? open.passed.then(() => 1) : 2) });
  await using rig = await engineRig({
    definitions: [deaf, defineJob({ name: "j", assets: [deaf] })],
    abortGraceMs: 1000,
    faults,
  });
  const id = await rig.start("j");
  await rig.settle();
  faults.isOn = true;
  await assert.rejects(rig.start("j"), (error) => isEngineError(error, "disk_failed"));
  rig.problems.splice(0);
  faults.isOn = false;
  await rig.advance(DISK_PROBE_MS);
  await rig.engine.commands.cancelRun(id, operator);
  await rig.advance(1000);
  assert.equal((await rig.ended(id)).status, "canceled");
  const waiting = await rig.start("j");
  await rig.settle();
  assert.match(rig.step(waiting, "deaf").waitReason ?? "", /its earlier code/);
  open.open();
  assert.equal((await rig.ended(waiting)).status, "succeeded");
  const { items } = await rig.engine.queries.events(id, { limit: 100 });
  assert.equal(items.filter((event) => event.type === "step.warning").length, 2, "abandoned, and settled late");
});

test("a commit that failed on the disk and came to it all the same is done once", async () => {
  const faults = failing("flush.after-commit", "SQLITE_IOERR_FSYNC");
  const open = gate();
  let calls = 0;
  const one = defineAsset({
    key: "one",
    async run() {
      calls++;
      await open.passed;
      return 1;
    },
  });
  await using rig = await engineRig({
    definitions: [one, defineJob({ name: "j", assets: [one] })],
    faults,
  });
  const id = await rig.start("j");
  await rig.settle();
  faults.isOn = true;
  open.open();
  await rig.settle();
  assert.match(String(rig.problems.splice(0)), /the disk fails \(disk I\/O error, SQLITE_IOERR_FSYNC\)/);
  faults.isOn = false;
  await rig.advance(DISK_PROBE_MS);
  const run = await rig.ended(id);
  assert.deepEqual([run.status, calls, rig.step(id, "one").attempt], ["succeeded", 1, 1]);
  const { items } = await rig.engine.queries.materializations("one", {});
  assert.equal(items.length, 1);
});

test("after a failed write the record is written through a new connection, at the next epoch", async () => {
  const faults = failing("flush.before-commit", "SQLITE_IOERR_WRITE");
  const connections: Connection[] = [];
  const one = defineAsset({ key: "one", run: () => 1 });
  await using rig = await engineRig({
    definitions: [one, defineJob({ name: "j", assets: [one] })],
    faults,
    connect(file) {
      const db = openDatabase(file);
      connections.push(db);
      return db;
    },
  });
  const { epoch, generation } = rig.engine;
  faults.isOn = true;
  await assert.rejects(rig.start("j"), (error) => isEngineError(error, "disk_failed"));
  rig.problems.splice(0);
  await rig.advance(DISK_PROBE_MS);
  assert.equal(rig.engine.health().status, "suspended");
  faults.isOn = false;
  rig.problems.splice(0);
  await rig.advance(DISK_PROBE_MS);
  assert.ok(connections.length >= 2);
  assert.ok(rig.engine.epoch > epoch);
  assert.equal(rig.engine.generation, generation);
  assert.equal((await rig.run("j")).status, "succeeded");
});

test("what is wrong with more than the disk when it is well again stays wrong, whatever time passes", async () => {
  let error: Error | null = null;
  const one = defineAsset({ key: "one", run: () => 1 });
  await using rig = await engineRig({
    definitions: [one, defineJob({ name: "j", assets: [one] })],
    faults: {
      reach(point) {
        if (point === "flush.before-commit" && error !== null) throw error;
      },
    },
  });
  error = new Database.SqliteError("disk I/O error", "SQLITE_IOERR_WRITE");
  await assert.rejects(rig.start("j"), (refusal) => isEngineError(refusal, "disk_failed"));
  error = new Error("a bug");
  await rig.advance(DISK_PROBE_MS);
  assert.equal(rig.engine.health().status, "failed");
  assert.match(String(rig.problems.splice(0)), /a bug/);
  error = null;
  await rig.advance(10 * DISK_PROBE_MS);
  assert.equal(rig.engine.health().status, "failed");
  await assert.rejects(rig.start("j"), /the engine takes no more work/);
});

test("an engine that waits for its disk stops, and the next one runs again what was cut off", async () => {
  const faults = failing("flush.before-commit", "SQLITE_FULL");
  const slow = defineAsset({
    key: "slow",
    run: ({ signal }) =>
      new Promise<number>((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
  });
  await using rig = await engineRig({
    definitions: [slow, defineJob({ name: "j", assets: [slow] })],
    faults,
  });
  const id = await rig.start("j");
  await rig.settle();
  faults.isOn = true;
  await assert.rejects(rig.start("j"), (error) => isEngineError(error, "disk_failed"));
  rig.problems.splice(0);
  const stopped = rig.engine.stop({ deadlineMs: 0, reason: "test" });
  await rig.advance(0);
  await stopped;
  assert.equal(rig.clock.pending, 0);
  faults.isOn = false;
  const after = await rig.crash();
  await after.settle();
  assert.deepEqual([after.step(id, "slow").attempt, after.step(id, "slow").interruptions], [2, 1]);
});

test("a sensor and a schedule go on after a full disk where they were", async () => {
  const faults = failing("flush.before-commit", "SQLITE_FULL");
  const seen: (string | null)[] = [];
  const count = defineSensor({
    name: "count",
    minIntervalMs: 1000,
    evaluate({ cursor }) {
      seen.push(cursor);
      return { reason: "counted", cursor: String(Number(cursor ?? 0) + 1) };
    },
  });
  await using rig = await engineRig({ definitions: [count], faults });
  await rig.settle();
  faults.isOn = true;
  await rig.advance(1000);
  assert.equal(rig.engine.health().status, "suspended");
  faults.isOn = false;
  rig.problems.splice(0);
  await rig.advance(DISK_PROBE_MS);
  await rig.advance(1000);
  assert.deepEqual(seen.slice(0, 4), [null, "1", "1", "2"]);
});

test("a value that its folder does not take waits in memory until it does", async () => {
  const text = "y".repeat(100_000);
  let calls = 0;
  const one = defineAsset({
    key: "one",
    run() {
      calls++;
      return text;
    },
  });
  await using rig = await engineRig({ definitions: [one, defineJob({ name: "j", assets: [one] })] });
  const hash = sha256(JSON.stringify(text));
  const folder = path.join(rig.dataDir, "values", hash.slice(0, 2));
  mkdirSync(folder, { recursive: true });
  // A device that is always full (null(4)), at the name under which the value is written first.
  symlinkSync("/dev/full", path.join(folder, `${hash}.${process.pid}.part`));
  const suspended = new Promise((resolve) => rig.engine.onHealth(resolve));
  const id = await rig.start("j");
  await suspended;
  assert.equal(rig.engine.health().status, "suspended");
  assert.match(String(rig.problems.splice(0)), /ENOSPC/);
  assert.equal(rig.engine.queries.run(id).status, "running");
  await rig.advance(DISK_PROBE_MS);
  assert.equal((await rig.ended(id)).status, "succeeded");
  assert.equal(calls, 1);
  assert.equal(readFileSync(path.join(folder, hash), "utf8"), JSON.stringify(text));
});
