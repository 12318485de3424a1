import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { test } from "node:test";
import {
  type Asset,
  defineAsset,
  defineJob,
  defineResource,
  type JsonObject,
  materialization,
  type Resource,
  staticPartitions,
} from "../../../engine/index.ts";
import { engineRig, gate, operator } from "../../rigs/engine.ts";

const jobOf = (asset: Asset) => defineJob({ name: "j", assets: [asset] });

test("what a step logs is what it was when it was logged", async () => {
  const asset = defineAsset({
    key: "a",
    run({ log }) {
      const facts: { pages: number; self?: unknown } = { pages: 1 };
      log.info("before", facts as JsonObject);
      facts.pages = 2;
      facts.self = facts;
      return 1;
    },
  });
  await using rig = await engineRig({ definitions: [asset, jobOf(asset)] });
  const run = await rig.run("j");
  assert.equal(run.status, "succeeded");
  const { items } = await rig.engine.queries.logs(run.id, {});
  assert.deepEqual(
    items.map((line) => line.fields),
    [{ pages: 1 }],
  );
});

test("the fields of a log count for its bound", async () => {
  const asset = defineAsset({
    key: "a",
    run({ log }) {
      for (let line = 0; line < 1000; line++) log.info("x", { text: "y".repeat(10_000) });
      return 1;
    },
  });
  await using rig = await engineRig({ definitions: [asset, jobOf(asset)] });
  const run = await rig.run("j");
  const { items } = await rig.engine.queries.logs(run.id, { limit: 500 });
  assert.ok(items.length < 500, `${items.length} lines`);
  assert.match(items.at(-1)?.message ?? "", /is cut here/);
});

const nonsense: Readonly<Record<string, () => unknown>> = {
  "metadata that is no object": () => materialization({ value: 1, metadata: "text" as unknown as JsonObject }),
  "metadata that is a list": () => materialization({ value: 1, metadata: [1] as unknown as JsonObject }),
  "metadata that is not JSON": () => materialization({ value: 1, metadata: { at: 1n } as unknown as JsonObject }),
  "a data version that is no text": () => materialization({ value: 1, dataVersion: { a: 1 } as unknown as string }),
  "a data version that is empty": () => materialization({ value: 1, dataVersion: "" }),
  "a data version that is long": () => materialization({ value: 1, dataVersion: "v".repeat(5000) }),
  "a value that turns into nothing": () => ({ toJSON: () => undefined }),
  "a value that turns into what is not JSON": () => ({ toJSON: () => 1n }),
  "a cycle": () => {
    const value: { self?: unknown } = {};
    value.self = value;
    return value;
  },
};

for (const [what, make] of Object.entries(nonsense)) {
  test(`a step that returns ${what} fails by itself, and the engine reports no bug`, async () => {
    const bad = defineAsset({ key: "bad", run: make as () => number });
    await using rig = await engineRig({ definitions: [bad, jobOf(bad)] });
    const run = await rig.run("j");
    assert.equal(run.status, "failed");
    assert.ok(["bad_value", "user_code"].includes(rig.step(run.id, "bad").error?.code ?? ""));
    assert.deepEqual(rig.problems, []);
  });
}

test("a report is kept as it was, and one that is not JSON or too large is refused to the code", async () => {
  const open = gate();
  const refused: string[] = [];
  const asset = defineAsset({
    key: "a",
    async run({ report }) {
      const progress = { done: 1 };
      report(progress);
      progress.done = 2;
      for (const bad of [{ n: 1n }, { text: "x".repeat(100_000) }, "text"]) {
        try {
          report(bad as unknown as JsonObject);
        } catch (error) {
          refused.push((error as { code?: string }).code ?? "");
        }
      }
      await open.passed;
      return 1;
    },
  });
  await using rig = await engineRig({ definitions: [asset, jobOf(asset)] });
  const id = await rig.start("j");
  await rig.settle();
  assert.deepEqual(rig.step(id, "a").progress, { done: 1 });
  assert.deepEqual(refused, ["bad_value", "bad_value", "bad_value"]);
  open.open();
});

test("a watcher of progress that throws is reported and does not hurt the code", async () => {
  const asset = defineAsset({ key: "a", run: ({ report }) => (report({ done: 1 }), 1) });
  await using rig = await engineRig({ definitions: [asset, jobOf(asset)] });
  rig.engine.onProgress(() => {
    throw new Error("a bug of the watcher");
  });
  assert.equal((await rig.run("j")).status, "succeeded");
  assert.match(String(rig.problems.splice(0)), /a bug of the watcher/);
});

test("a resource that fails to open fails its step, and is opened anew for the next one", async () => {
  let fail = true;
  const store = defineResource({
    key: "store",
    open() {
      if (fail) throw new Error("connection refused");
      return { size: 3 };
    },
  });
  const asset = defineAsset({ key: "a", resources: { store }, run: ({ resources }) => resources.store.size });
  await using rig = await engineRig({ definitions: [asset, jobOf(asset)] });
  const failed = await rig.run("j");
  assert.match(rig.step(failed.id, "a").error?.message ?? "", /connection refused/);
  fail = false;
  assert.equal((await rig.run("j")).status, "succeeded");
});

test("resources that stand on each other in a circle are refused by name", async () => {
  const left: Resource<number> = defineResource({ key: "left", open: ({ use }) => use(right) });
  const right: Resource<number> = defineResource({ key: "right", open: ({ use }) => use(left) });
  const asset = defineAsset({ key: "a", resources: { left }, run: ({ resources }) => resources.left });
  await using rig = await engineRig({ definitions: [asset, jobOf(asset)] });
  const run = await rig.run("j");
  assert.match(rig.step(run.id, "a").error?.message ?? "", /left → right → left/);
});

test("a resource that does not close is reported, and the others are closed", async () => {
  const closed: string[] = [];
  const base = defineResource({ key: "base", open: () => 1, close: () => void closed.push("base") });
  const bad = defineResource({
    key: "bad",
    open: () => 2,
    close: () => {
      throw new Error("does not close");
    },
  });
  const asset = defineAsset({ key: "a", resources: { base, bad }, run: () => 1 });
  await using rig = await engineRig({ definitions: [asset, jobOf(asset)] });
  await rig.run("j");
  await rig.engine.stop({ deadlineMs: 0, reason: "test" });
  assert.deepEqual(closed, ["base"]);
  assert.match(String(rig.problems.splice(0)), /does not close/);
});

test("a resource that never opens does not keep the engine from stopping", async () => {
  const stuck = defineResource<number>({ key: "stuck", open: () => new Promise<number>(() => {}) });
  const asset = defineAsset({ key: "a", resources: { stuck }, run: () => 1 });
  await using rig = await engineRig({ definitions: [asset, jobOf(asset)], abortGraceMs: 1000 });
  const id = await rig.start("j");
  await rig.settle();
  assert.equal(rig.step(id, "a").status, "running");
  await rig.engine.commands.cancelRun(id, operator);
  await rig.advance(1000);
  assert.equal((await rig.ended(id)).status, "canceled");
});

test("a resource that does not end closing does not keep the engine from stopping", async () => {
  const stuck = defineResource({ key: "stuck", open: () => 1, close: () => new Promise<void>(() => {}) });
  const asset = defineAsset({ key: "a", resources: { stuck }, run: () => 1 });
  await using rig = await engineRig({ definitions: [asset, jobOf(asset)] });
  await rig.run("j");
  const stopped = rig.engine.stop({ deadlineMs: 0, reason: "test" });
  await rig.advance(10_000);
  await stopped;
  assert.match(String(rig.problems.splice(0)), /the resource stuck did not close within 10000 ms/);
});

type InScope = <T>(task: () => T) => T;

test("an error that nobody catches is told on the run whose code made it, while it runs and after", async () => {
  let inScope: InScope = (task) => task();
  const asset = defineAsset({
    key: "a",
    async run() {
      await Promise.resolve();
      inScope = AsyncLocalStorage.snapshot();
      return 1;
    },
  });
  await using rig = await engineRig({ definitions: [asset, jobOf(asset)] });
  const run = await rig.run("j");
  assert.equal(rig.engine.tellStray(new Error("of the engine itself")), false);
  for (let stray = 0; stray < 100; stray++) {
    assert.equal(
      inScope(() => rig.engine.tellStray(new Error(`nobody waits for ${stray}`))),
      true,
    );
  }
  await rig.settle();
  const { items } = await rig.engine.queries.events(run.id, {});
  const warnings = items.filter((event) => event.type === "step.warning");
  assert.equal(warnings.length, 20);
  assert.match(JSON.stringify(warnings[0]), /nobody caught an error of its code: nobody waits for 0/);
});

test("what a listener of the signal throws is told on the run whose code listens", async () => {
  let inListener: InScope | null = null;
  const asset = defineAsset({
    key: "a",
    run: ({ signal }) =>
      new Promise<number>((resolve) => {
        signal.addEventListener("abort", () => {
          inListener = AsyncLocalStorage.snapshot();
          resolve(1);
        });
      }),
  });
  await using rig = await engineRig({ definitions: [asset, jobOf(asset)] });
  const id = await rig.start("j");
  await rig.settle();
  await rig.engine.commands.cancelRun(id, operator);
  assert.equal((await rig.ended(id)).status, "canceled");
  const scope = inListener as InScope | null;
  assert.equal(
    scope?.(() => rig.engine.tellStray(new Error("x"))),
    true,
  );
});

test("what code returns after its signal aborted is not taken for its work", async () => {
  const half = defineAsset({
    key: "half",
    timeoutMs: 1000,
    run: ({ signal }) =>
      new Promise<string>((resolve) => signal.addEventListener("abort", () => resolve("half of the pages"))),
  });
  await using rig = await engineRig({ definitions: [half, jobOf(half)] });
  const canceled = await rig.start("j");
  await rig.settle();
  await rig.engine.commands.cancelRun(canceled, operator);
  assert.equal((await rig.ended(canceled)).status, "canceled");
  const late = await rig.start("j");
  await rig.settle();
  await rig.advance(1000);
  await rig.ended(late);
  assert.equal(rig.step(late, "half").error?.code, "timeout");
  assert.equal(rig.engine.queries.asset("half").latest, null);
});

test("an error that nobody catches while its step runs fails the step, though the code goes on or has returned", async () => {
  let inScope: InScope = (task) => task();
  let aborted = false;
  const runs = defineAsset({
    key: "runs",
    run({ signal }) {
      inScope = AsyncLocalStorage.snapshot();
      return new Promise<number>((resolve) =>
        signal.addEventListener("abort", () => {
          aborted = true;
          resolve(1);
        }),
      );
    },
  });
  let afterReturn = (): void => {};
  const returns = defineAsset({
    key: "returns",
    run() {
      const scope = AsyncLocalStorage.snapshot();
      // As late as a rejection is heard of: at the end of the turn, before the commit.
      void (async () => {
        for (let turn = 0; turn < 100; turn++) await Promise.resolve();
        scope(() => afterReturn());
      })();
      return 1;
    },
  });
  const other = defineAsset({ key: "other", run: () => 1 });
  await using rig = await engineRig({
    definitions: [runs, returns, other, defineJob({ name: "j", assets: [runs, returns, other] })],
  });
  afterReturn = () => void rig.engine.tellStray(new RangeError("too late"));
  const id = await rig.start("j");
  await rig.settle();
  inScope(() => rig.engine.tellStray(new Error("nobody waits")));
  await rig.ended(id);
  assert.ok(aborted);
  const errorOf = (asset: string) => rig.step(id, asset).error?.message;
  assert.equal(errorOf("runs"), "nobody caught an error of its code: nobody waits");
  assert.equal(errorOf("returns"), "nobody caught an error of its code: too late");
  assert.match(rig.step(id, "runs").error?.file ?? "", /hostile-code\.test\.ts$/);
  assert.equal(rig.step(id, "other").status, "succeeded");
  assert.equal(rig.engine.queries.asset("returns").latest, null);
});

test("an error that nobody catches is tried again as any other, and of a step that is being canceled it is only told", async () => {
  let inScope: InScope = (task) => task();
  const asset = defineAsset({
    key: "a",
    retry: { attempts: 2, delayMs: 10, jitter: 0 },
    run({ signal, attempt }) {
      if (attempt === 2) return 2;
      inScope = AsyncLocalStorage.snapshot();
      return new Promise<number>((resolve) => signal.addEventListener("abort", () => setImmediate(() => resolve(1))));
    },
  });
  await using rig = await engineRig({ definitions: [asset, jobOf(asset)] });
  const id = await rig.start("j");
  await rig.settle();
  inScope(() => rig.engine.tellStray(new Error("nobody waits")));
  await rig.advance(10);
  assert.equal((await rig.ended(id)).status, "succeeded");
  const canceled = await rig.start("j");
  await rig.settle();
  await rig.engine.commands.cancelRun(canceled, operator);
  inScope(() => rig.engine.tellStray(new Error("in the midst of it")));
  assert.equal((await rig.ended(canceled)).status, "canceled");
  const { items } = await rig.engine.queries.events(canceled, {});
  assert.match(JSON.stringify(items.filter((event) => event.type === "step.warning")), /in the midst of it/);
});

test("a value that is small in memory and endless in writing is refused", async () => {
  const asset = defineAsset({
    key: "a",
    run() {
      let value: readonly unknown[] = [1];
      for (let level = 0; level < 60; level++) value = [value, value];
      return value as unknown as number;
    },
  });
  await using rig = await engineRig({ definitions: [asset, jobOf(asset)] });
  const run = await rig.run("j");
  assert.equal(rig.step(run.id, "a").error?.code, "bad_value");
  assert.match(rig.step(run.id, "a").error?.message ?? "", /more than 10000000 parts/);
});

test("a promise that never ends is ended by its step's time limit, and the step says that its code may still run", async () => {
  const asset = defineAsset({ key: "a", timeoutMs: 5000, run: () => new Promise<number>(() => {}) });
  await using rig = await engineRig({ definitions: [asset, jobOf(asset)], abortGraceMs: 1000 });
  const id = await rig.start("j");
  await rig.advance(6000);
  await rig.ended(id);
  const { error } = rig.step(id, "a");
  assert.equal(error?.code, "timeout");
  assert.match(error?.message ?? "", /time limit of 5000 ms; its code ignored its signal and is abandoned/);
});

test("code that was abandoned can neither log, report nor read any more", async () => {
  const open = gate();
  const refused: unknown[] = [];
  const page = defineAsset({ key: "page", partitions: staticPartitions("keys", ["k"]), run: () => 1 });
  const deaf = defineAsset({
    key: "deaf",
    deps: { page },
    async run({ log, report, inputs }) {
      await open.passed;
      const iterator = inputs.page[Symbol.asyncIterator]();
      for (const call of [() => log.info("x"), () => report({}), () => inputs.page.get("k"), () => iterator.next()]) {
        await Promise.resolve()
          .then<unknown>(call)
          .catch((error: unknown) => refused.push((error as { code?: string }).code));
      }
      return 1;
    },
  });
  await using rig = await engineRig({
    definitions: [page, deaf, defineJob({ name: "j", assets: [deaf] })],
    abortGraceMs: 1000,
  });
  const id = await rig.start("j");
  await rig.settle();
  await rig.engine.commands.cancelRun(id, operator);
  await rig.advance(1000);
  await rig.ended(id);
  assert.match(rig.step(id, "deaf").reason, /canceled by tester; its code ignored its signal and is abandoned/);
  open.open();
  await rig.settle();
  assert.deepEqual(refused, ["conflict", "conflict", "conflict", "conflict"]);
});
