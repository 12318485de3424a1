import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import { openDatabase } from "../../../engine/store/database.ts";
import { prepareTables } from "../../../engine/store/tables.ts";
import { groupCommitWriter } from "../../../engine/store/writer.ts";
import type { EngineError } from "../../../engine/core/errors.ts";
import type { EngineEvent } from "../../../engine/core/events.ts";
import { type FaultPoint, noFaults } from "../../../engine/core/ports/fault-points.ts";
import { recordRig } from "../../rigs/record.ts";

const changed = (by: string): EngineEvent => ({ type: "limits.changed", data: { by } });

test("a task that throws leaves no trace and rejects alone", async () => {
  await using rig = await recordRig();
  const { writer, tables } = rig.store;
  const limit = { kind: "pool", key: "docker", value: "" } as const;
  const before = writer.write((tx) => tx.limits.put({ ...limit, maximum: 1 }));
  const broken = writer.write((tx) => {
    tx.limits.put({ ...limit, maximum: 2 });
    tx.emit(changed("broken"));
    throw new RangeError("user error");
  });
  const after = writer.write((tx) => tx.emit(changed("after")));
  writer.flush();
  await assert.rejects(broken, /user error/);
  await Promise.all([before, after]);
  assert.deepEqual(tables.limits.all(), [{ ...limit, maximum: 1 }]);
  assert.deepEqual(
    rig.events.map((event) => [event.seq, "data" in event ? event.data : null]),
    [[1, { by: "after" }]],
  );
});

test("a careful task that throws before its first change rejects alone", async () => {
  await using rig = await recordRig();
  const { writer } = rig.store;
  const before = writer.write((tx) => tx.emit(changed("before")));
  const broken = writer.write(
    () => {
      throw new RangeError("user error");
    },
    { careful: true },
  );
  const after = writer.write((tx) => tx.emit(changed("after")), { careful: true });
  writer.flush();
  await assert.rejects(broken, /user error/);
  assert.deepEqual(await Promise.all([before, after]), [1, 2]);
});

test("a careful task that throws after it told something stops the writer, and nothing of the flush is kept", async () => {
  await using rig = await recordRig();
  const { writer, tables } = rig.store;
  const before = writer.write((tx) => tx.emit(changed("before")));
  const broken = writer.write(
    (tx) => {
      tx.emit(changed("broken"));
      throw new RangeError("a bug");
    },
    { careful: true },
  );
  writer.flush();
  await assert.rejects(before, /cannot be written/);
  await assert.rejects(broken, /cannot be written/);
  assert.equal(tables.events.newestSeq(), 0);
  assert.equal(rig.problems.splice(0).length, 1);
});

test("a careful task that asked for it leaves no trace where it throws", async () => {
  await using rig = await recordRig();
  const { writer, tables } = rig.store;
  const broken = writer.write(
    (tx) => {
      tx.undoable();
      tx.emit(changed("broken"));
      throw new RangeError("user error");
    },
    { careful: true },
  );
  const after = writer.write((tx) => tx.emit(changed("after")), { careful: true });
  writer.flush();
  await assert.rejects(broken, /user error/);
  assert.equal(await after, 1);
  assert.equal(tables.events.newestSeq(), 1);
});

test("tasks run in the order in which they were given, in one commit", async () => {
  await using rig = await recordRig();
  const order: number[] = [];
  const commits: number[] = [];
  rig.store.onCommit((events) => commits.push(events.length));
  const written = [0, 1, 2, 3].map((number) =>
    rig.store.writer.write((tx) => {
      order.push(number);
      return tx.emit(changed(String(number)));
    }),
  );
  assert.deepEqual(order, []);
  await rig.clock.settle();
  assert.deepEqual(await Promise.all(written), [1, 2, 3, 4]);
  assert.deepEqual(order, [0, 1, 2, 3]);
  assert.deepEqual(commits, [4]);
});

test("a promise resolves and listeners hear only after the commit", async () => {
  await using rig = await recordRig();
  const outside = new Database(rig.file, { readonly: true });
  const committed = outside.prepare<[], number>("SELECT count(*) FROM events").pluck();
  const seen: [string, number | undefined][] = [];
  rig.store.onCommit(() => seen.push(["listener", committed.get()]));
  const written = rig.store.writer
    .write((tx) => {
      tx.emit(changed("ada"));
      seen.push(["task", committed.get()]);
    })
    .then(() => seen.push(["promise", committed.get()]));
  await rig.clock.settle();
  await written;
  outside.close();
  assert.deepEqual(seen, [
    ["task", 0],
    ["listener", 1],
    ["promise", 1],
  ]);
});

test("a task given by a task runs in the same order as any other", async () => {
  await using rig = await recordRig();
  const order: string[] = [];
  let inner: Promise<unknown> = Promise.resolve();
  const outer = rig.store.writer.write(() => {
    inner = rig.store.writer.write(() => order.push("inner"));
    order.push("outer");
  });
  const next = rig.store.writer.write(() => order.push("next"));
  rig.store.writer.flush();
  await Promise.all([outer, next, inner]);
  assert.deepEqual(order, ["outer", "next", "inner"]);
});

test("a task that waits for something is refused and leaves no trace", async () => {
  await using rig = await recordRig();
  const written = rig.write(async (tx) => {
    tx.emit(changed("late"));
    await Promise.resolve();
  });
  await assert.rejects(written, /must not wait/);
  assert.deepEqual(rig.events, []);
  assert.equal(rig.store.tables.events.newestSeq(), 0);
});

test("a listener that throws is reported and does not keep the others from hearing", async () => {
  await using rig = await recordRig();
  const heard: string[] = [];
  rig.store.onCommit(() => {
    throw new Error("a bug");
  });
  const stop = rig.store.onCommit(() => heard.push("second"));
  await rig.write((tx) => tx.emit(changed("ada")));
  stop();
  await rig.write((tx) => tx.emit(changed("ada")));
  assert.deepEqual(heard, ["second"]);
  assert.match(String(rig.problems.splice(0)), /a bug/);
});

test("an engine whose lease was taken writes nothing and says so", async () => {
  await using rig = await recordRig();
  const thief = new Database(rig.file);
  thief.exec("UPDATE lease SET epoch = epoch + 1");
  const first = rig.store.writer.write((tx) => tx.emit(changed("stale")));
  const second = rig.store.writer.write((tx) => tx.emit(changed("stale too")));
  rig.store.writer.flush();
  await assert.rejects(first, { code: "locked" });
  await assert.rejects(second, { code: "locked" });
  await assert.rejects(
    rig.store.writer.write((tx) => tx.emit(changed("later"))),
    { code: "locked" },
  );
  assert.equal(thief.prepare("SELECT count(*) FROM events").pluck().get(), 0);
  thief.close();
  const [fatal, ...more] = rig.problems.splice(0) as EngineError[];
  assert.equal(fatal?.code, "locked");
  assert.deepEqual(more, []);
});

test("after a flush that failed nothing is written any more", async () => {
  await using rig = await recordRig();
  const blocker = new Database(rig.file, { timeout: 0 });
  const written = rig.store.writer.write((tx) => tx.emit(changed("ada")));
  blocker.exec("ALTER TABLE lease RENAME TO taken");
  rig.store.writer.flush();
  await assert.rejects(written, /the record cannot be written/);
  blocker.exec("ALTER TABLE taken RENAME TO lease");
  await assert.rejects(
    rig.store.writer.write((tx) => tx.emit(changed("later"))),
    /the record cannot be written/,
  );
  assert.equal(blocker.prepare("SELECT count(*) FROM events").pluck().get(), 0);
  blocker.close();
  assert.equal(rig.problems.splice(0).length, 1);
});

test("a flush that takes too long leaves the rest to the next one", async () => {
  await using rig = await recordRig();
  const db = openDatabase(rig.file);
  let elapsedMs = 0;
  const commits: number[] = [];
  const writer = groupCommitWriter({
    db,
    tables: prepareTables(db),
    epoch: rig.store.epoch,
    clock: { ...rig.clock, monotonic: () => elapsedMs },
    scheduler: rig.clock,
    faults: noFaults,
    onCommit: (events) => commits.push(events.length),
    onFatal: (error) => rig.problems.push(error),
  });
  const written = Array.from({ length: 7 }, () =>
    writer.write((tx) => {
      elapsedMs += 2;
      tx.emit(changed("slowly"));
    }),
  );
  await rig.clock.settle();
  await Promise.all(written);
  assert.deepEqual(commits, [3, 3, 1]);
  db.close();
});

test("what a task wants done after the commit is done after it, and not where the task was undone", async () => {
  await using rig = await recordRig();
  const outside = new Database(rig.file, { readonly: true });
  const committed = outside.prepare<[], number>("SELECT count(*) FROM events").pluck();
  const done: [string, number | undefined][] = [];
  const kept = rig.store.writer.write((tx) => {
    tx.afterCommit(() => done.push(["kept", committed.get()]));
    tx.emit(changed("kept"));
  });
  const undone = rig.store.writer.write((tx) => {
    tx.afterCommit(() => done.push(["undone", committed.get()]));
    throw new RangeError("user error");
  });
  const last = rig.store.writer.write((tx) => tx.afterCommit(() => done.push(["last", committed.get()])));
  rig.store.writer.flush();
  await assert.rejects(undone, /user error/);
  await Promise.all([kept, last]);
  outside.close();
  assert.deepEqual(done, [
    ["kept", 1],
    ["last", 1],
  ]);
});

test("after the throw of a task that had changed memory nothing is written any more", async () => {
  await using rig = await recordRig();
  const before = rig.store.writer.write((tx) => tx.emit(changed("before")));
  const broken = rig.store.writer.write((tx) => {
    tx.emit(changed("broken"));
    tx.mustCommit();
    throw new RangeError("a bug");
  });
  const after = rig.store.writer.write((tx) => tx.emit(changed("after")));
  rig.store.writer.flush();
  for (const one of [before, broken, after]) await assert.rejects(one, /a bug/);
  await assert.rejects(
    rig.store.writer.write((tx) => tx.emit(changed("later"))),
    /a bug/,
  );
  assert.equal(rig.store.tables.events.newestSeq(), 0);
  assert.equal(rig.problems.splice(0).length, 1);
});

test("a closed record takes no changes and says so", async () => {
  await using rig = await recordRig();
  const last = rig.store.writer.write((tx) => tx.emit(changed("last")));
  await rig.close();
  assert.equal(await last, 1);
  await assert.rejects(
    rig.store.writer.write((tx) => tx.emit(changed("late"))),
    { code: "conflict", message: /closed/ },
  );
});

/** How many events are on disk after the writer met an error at this point of its first flush. */
async function writtenDespite(point: FaultPoint): Promise<number> {
  const reach = (reached: FaultPoint): void => {
    if (reached === point) throw new RangeError(`fault at ${point}`);
  };
  await using rig = await recordRig({ faults: { reach } });
  const heard: number[] = [];
  rig.store.onCommit((events) => heard.push(events.length));
  const written = rig.store.writer.write((tx) => tx.emit(changed("ada")));
  rig.store.writer.flush();
  await assert.rejects(written, new RegExp(`cannot be written \\(fault at ${point}\\)`));
  assert.equal(rig.store.writer.isOpen, false);
  assert.deepEqual(heard, []);
  assert.equal(rig.problems.splice(0).length, 1);
  return rig.store.tables.events.newestSeq();
}

test("an error before the commit leaves nothing on disk, and stops the writer", async () => {
  assert.equal(await writtenDespite("flush.before-begin"), 0);
  assert.equal(await writtenDespite("flush.before-commit"), 0);
});

test("an error after the commit leaves the change on disk, though whoever asked for it is told that it failed", async () => {
  assert.equal(await writtenDespite("flush.after-commit"), 1);
});
