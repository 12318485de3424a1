import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Asset,
  defineAsset,
  defineJob,
  defineResource,
  defineSensor,
  type Resource,
} from "../../../engine/index.ts";
import { engineRig, gate, operator } from "../../rigs/engine.ts";

/** A resource that tells when it is opened and closed, by number. */
function counted(scope: "process" | "run") {
  const told: string[] = [];
  let count = 0;
  const connection = defineResource({
    key: "connection",
    scope,
    open: () => (told.push(`open ${++count}`), count),
    close: (one) => void told.push(`close ${one}`),
  });
  return { connection, told };
}

function chain(connection: Resource<number>, last: (one: number) => number | Promise<number> = (one) => one) {
  const first = defineAsset({ key: "first", resources: { connection }, run: ({ resources }) => resources.connection });
  const second = defineAsset({
    key: "second",
    deps: { first },
    resources: { connection },
    run: ({ resources }) => last(resources.connection),
  });
  const assets: readonly Asset[] = [first, second];
  return [...assets, defineJob({ name: "j", assets })];
}

test("a resource of a run is opened once for its steps, and closed when the run has ended", async () => {
  const { connection, told } = counted("run");
  await using rig = await engineRig({ definitions: chain(connection) });
  await rig.run("j");
  await rig.settle();
  assert.deepEqual(told, ["open 1", "close 1"]);
  await rig.run("j");
  await rig.settle();
  assert.deepEqual(told, ["open 1", "close 1", "open 2", "close 2"]);
  assert.equal(rig.engine.queries.asset("second").latest?.value, 2);
});

test("a resource of the process is opened once for all runs, and closed when the engine stops", async () => {
  const { connection, told } = counted("process");
  await using rig = await engineRig({ definitions: chain(connection) });
  await rig.run("j");
  await rig.run("j");
  assert.deepEqual(told, ["open 1"]);
  await rig.engine.stop({ deadlineMs: 0, reason: "test" });
  assert.deepEqual(told, ["open 1", "close 1"]);
});

test("a resource of a run is closed when the run fails, and when it is canceled", async () => {
  const { connection, told } = counted("run");
  const open = gate();
  let fails = true;
  await using rig = await engineRig({
    definitions: chain(connection, async () => {
      if (fails) throw new Error("no");
      await open.passed;
      return 1;
    }),
    abortGraceMs: 1000,
  });
  assert.equal((await rig.run("j")).status, "failed");
  await rig.settle();
  assert.deepEqual(told.splice(0), ["open 1", "close 1"]);
  fails = false;
  const canceled = await rig.start("j");
  await rig.settle();
  assert.deepEqual(told.splice(0), ["open 2"]);
  await rig.engine.commands.cancelRun(canceled, operator);
  await rig.advance(1000);
  assert.equal((await rig.ended(canceled)).status, "canceled");
  await rig.settle();
  assert.deepEqual(told.splice(0), ["close 2"]);
  open.open();
});

test("a resource of a run that the engine's stop cuts off is closed", async () => {
  const { connection, told } = counted("run");
  const obeys = defineAsset({
    key: "obeys",
    resources: { connection },
    run: ({ signal }) =>
      new Promise<number>((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
  });
  await using rig = await engineRig({ definitions: [obeys, defineJob({ name: "j", assets: [obeys] })] });
  await rig.start("j");
  await rig.settle();
  assert.deepEqual(told, ["open 1"]);
  const stopped = rig.engine.stop({ deadlineMs: 0, reason: "test" });
  await rig.advance(0);
  await stopped;
  assert.deepEqual(told, ["open 1", "close 1"]);
});

test("a run of its own opens a resource of its own beside another", async () => {
  const { connection, told } = counted("run");
  const open = gate();
  const seen: number[] = [];
  const wait = (key: string) =>
    defineAsset({
      key,
      resources: { connection },
      async run({ resources }) {
        seen.push(resources.connection);
        await open.passed;
        return 1;
      },
    });
  const [a, b] = [wait("a"), wait("b")];
  await using rig = await engineRig({
    definitions: [a, b, defineJob({ name: "a", assets: [a] }), defineJob({ name: "b", assets: [b] })],
  });
  const runs = [await rig.start("a"), await rig.start("b")];
  await rig.settle();
  assert.deepEqual(
    [seen, told],
    [
      [1, 2],
      ["open 1", "open 2"],
    ],
  );
  open.open();
  for (const run of runs) await rig.ended(run);
  await rig.settle();
  assert.deepEqual(told.slice(2).toSorted(), ["close 1", "close 2"]);
});

test("a resource of a run that opens after its run has ended is closed at once", async () => {
  const opened = gate();
  const told: string[] = [];
  const slow = defineResource({
    key: "slow",
    scope: "run",
    async open() {
      await opened.passed;
      return 1;
    },
    close: () => void told.push("close"),
  });
  const later = defineResource({
    key: "later",
    scope: "run",
    open: () => 2,
    close: () => void told.push("close later"),
  });
  const asset = defineAsset({ key: "a", resources: { slow, later }, run: () => 1 });
  await using rig = await engineRig({
    definitions: [asset, defineJob({ name: "j", assets: [asset] })],
    abortGraceMs: 1000,
  });
  const id = await rig.start("j");
  await rig.settle();
  await rig.engine.commands.cancelRun(id, operator);
  await rig.advance(1000);
  await rig.ended(id);
  opened.open();
  await rig.settle();
  assert.deepEqual(told.toSorted(), ["close", "close later"]);
});

test("a resource of a run may stand on one of the process, and not the other way round", async () => {
  const base = defineResource({ key: "base", open: () => 1 });
  const session = defineResource({ key: "session", scope: "run", open: async ({ use }) => (await use(base)) + 1 });
  const wrong = defineResource({ key: "wrong", open: ({ use }) => use(session) });
  const good = defineAsset({ key: "good", resources: { session }, run: ({ resources }) => resources.session });
  const bad = defineAsset({ key: "bad", resources: { wrong }, run: () => 1 });
  await using rig = await engineRig({ definitions: [good, bad, defineJob({ name: "j", assets: [good, bad] })] });
  const run = await rig.run("j");
  assert.equal(rig.step(run.id, "good").status, "succeeded");
  assert.equal(rig.step(run.id, "bad").error?.code, "definition");
  assert.match(rig.step(run.id, "bad").error?.message ?? "", /"wrong" lives as long as the process.*"session"/);
});

test("an evaluation has a resource of a run to itself", async () => {
  const { connection, told } = counted("run");
  const sensor = defineSensor({
    name: "s",
    minIntervalMs: 1000,
    resources: { connection },
    evaluate: () => ({ reason: "nothing" }),
  });
  await using rig = await engineRig({ definitions: [sensor] });
  await rig.advance(1000);
  await rig.settle();
  assert.deepEqual(told.slice(0, 4), ["open 1", "close 1", "open 2", "close 2"]);
});
