import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset, defineJob } from "../../../../engine/index.ts";
import { fakeContainerHost, fakeSpec } from "../../../rigs/containers/fake-container-host.ts";
import { untar } from "../../../rigs/containers/tar.ts";
import { engineRig, operator } from "../../../rigs/engine.ts";
import { containerAsset, containerEngine, request } from "./support.ts";

/** Longer than any test waits. */
const LONG_MS = 3_600_000;

test("a container's log goes into the step's log while it runs", async () => {
  await using engine = await containerEngine({
    definitions: containerAsset("harvest", request({ runMs: 9000, lines: ["fetched 1", "fetched 2"] })),
  });
  const runId = await engine.rig.start("harvest");
  await engine.rig.advance(4000);
  assert.equal(engine.rig.engine.queries.run(runId).status, "running");
  const logs = await engine.rig.engine.queries.logs(runId, { limit: 10 });
  assert.deepEqual(
    logs.items.map((line) => line.message),
    ["fetched 1"],
  );
});

test("an exit code that means failure fails the step, and a retry runs a container of its own", async () => {
  const asset = defineAsset({
    key: "flaky",
    retry: { attempts: 2, delayMs: 1000 },
    run: ({ containers, attempt }) =>
      containers.run(request({ runMs: 10, exitCode: attempt === 1 ? 4 : 0 })).then((ended) => ended.exitCode),
  });
  await using engine = await containerEngine({ definitions: [asset, defineJob({ name: "flaky", assets: [asset] })] });
  const runId = await engine.rig.start("flaky");
  await engine.rig.advance(500);
  const waiting = engine.rig.engine.queries.run(runId).steps[0];
  assert.match(waiting?.waitReason ?? "", /ended with exit code 4/);
  assert.deepEqual(engine.host.containers, [], "the failed attempt's container is gone");
  await engine.rig.advance(5000);
  assert.equal((await engine.rig.ended(runId)).status, "succeeded");
  assert.equal(engine.host.begun.length, 2);
  assert.notEqual(engine.host.begun[0]?.name, engine.host.begun[1]?.name);
  assert.deepEqual(
    engine.host.begun.map((spec) => spec.labels["sheaf.attempt"]),
    ["1", "2"],
  );
});

test("a container that ended badly leaves its files to the step that asks why", async () => {
  let files: ReadonlyMap<string, string> = new Map();
  let said = "";
  const asset = defineAsset({
    key: "curious",
    async run({ containers }) {
      const program = { exitCode: 1, files: { "/gleaner/logs/run.log": "why" }, lines: ["so"] };
      const ended = await containers.run(request(program, { okExitCodes: [1] }));
      const chunks: Uint8Array[] = [];
      for await (const chunk of ended.readFiles("/gleaner/logs")) chunks.push(chunk);
      files = untar(Buffer.concat(chunks));
      for await (const line of ended.readLogs()) said += line.text;
      return ended.exitCode;
    },
  });
  await using engine = await containerEngine({ definitions: [asset, defineJob({ name: "why", assets: [asset] })] });
  const runId = await engine.rig.start("why");
  await engine.rig.advance(1000);
  assert.equal((await engine.rig.ended(runId)).status, "succeeded");
  assert.deepEqual([...files], [["gleaner/logs/run.log", "why"]]);
  assert.equal(said, "so");
  await engine.rig.settle();
  assert.deepEqual(engine.host.containers, []);
});

test("a run is canceled only when its container has been stopped and removed", async () => {
  await using engine = await containerEngine({
    definitions: containerAsset("long", request({ runMs: LONG_MS, stopMs: 3000 })),
  });
  const runId = await engine.rig.start("long");
  await engine.rig.advance(1000);
  await engine.rig.engine.commands.cancelRun(runId, operator);
  await engine.rig.advance(2900);
  assert.equal(engine.rig.engine.queries.run(runId).status, "canceling");
  assert.equal(engine.host.containers[0]?.status, "running");
  await engine.rig.advance(200);
  assert.equal((await engine.rig.ended(runId)).status, "canceled");
  assert.deepEqual(engine.host.containers, []);
});

test("a cancel waits for a host that cannot be reached, and says so", async () => {
  await using engine = await containerEngine({ definitions: containerAsset("long", request({ runMs: LONG_MS })) });
  const runId = await engine.rig.start("long");
  await engine.rig.advance(1000);
  engine.host.isReachable = false;
  await engine.rig.engine.commands.cancelRun(runId, operator);
  await engine.rig.advance(60_000);
  const run = engine.rig.engine.queries.run(runId);
  assert.equal(run.status, "canceling");
  assert.match(run.steps[0]?.waitReason ?? "", /waits for the container host/);
  engine.host.isReachable = true;
  await engine.rig.advance(31_000);
  assert.equal((await engine.rig.ended(runId)).status, "canceled");
  assert.deepEqual(engine.host.containers, []);
});

test("an attempt over its time limit is tried again only when its container is gone", async () => {
  const asset = defineAsset({
    key: "slow",
    timeoutMs: 5000,
    retry: { attempts: 2, delayMs: 0 },
    async run({ containers, attempt }) {
      await containers.run(request({ runMs: attempt === 1 ? LONG_MS : 10, stopMs: 2000 }, { name: "the-one" }));
      return attempt;
    },
  });
  await using engine = await containerEngine({ definitions: [asset, defineJob({ name: "slow", assets: [asset] })] });
  const runId = await engine.rig.start("slow");
  await engine.rig.advance(6900);
  assert.equal(engine.host.begun.length, 1);
  await engine.rig.advance(1000);
  assert.equal((await engine.rig.ended(runId)).status, "succeeded");
  assert.equal(engine.host.begun.length, 2);
});

test("a container that the code did not wait for is ended with its step", async () => {
  const asset = defineAsset({
    key: "careless",
    async run({ containers }) {
      await containers.start(request({ runMs: LONG_MS }));
      return 1;
    },
  });
  await using engine = await containerEngine({
    definitions: [asset, defineJob({ name: "careless", assets: [asset] })],
  });
  const runId = await engine.rig.start("careless");
  await engine.rig.advance(1000);
  assert.equal((await engine.rig.ended(runId)).status, "succeeded");
  assert.deepEqual(engine.host.containers, []);
});

test("a container that somebody removed fails its step, which is tried again", async () => {
  const asset = defineAsset({
    key: "lost",
    retry: { attempts: 2, delayMs: 0 },
    run: async ({ containers, attempt }) => {
      await containers.run(request({ runMs: attempt === 1 ? LONG_MS : 10 }, { name: "lost" }));
      return attempt;
    },
  });
  await using engine = await containerEngine({ definitions: [asset, defineJob({ name: "lost", assets: [asset] })] });
  const runId = await engine.rig.start("lost");
  await engine.rig.advance(1000);
  engine.host.vanish("lost");
  await engine.rig.advance(5000);
  const run = await engine.rig.ended(runId);
  assert.deepEqual([run.status, run.steps[0]?.attempt], ["succeeded", 2]);
});

test("a name that somebody else's container has is a conflict, and that container stays", async () => {
  await using engine = await containerEngine({ definitions: containerAsset("taken", request({}, { name: "taken" })) });
  await engine.host.create(fakeSpec("taken"));
  const runId = await engine.rig.start("taken");
  await engine.rig.advance(1000);
  const run = await engine.rig.ended(runId);
  assert.deepEqual([run.status, run.steps[0]?.error?.code], ["failed", "conflict"]);
  assert.deepEqual(
    engine.host.containers.map((one) => one.spec.name),
    ["taken"],
  );
});

test("a name that another step's live container has is waited for", async () => {
  const assets = ["one", "two"].flatMap((key) => containerAsset(key, request({ runMs: 5000 }, { name: "shared" })));
  await using engine = await containerEngine({ definitions: assets });
  const one = await engine.rig.start("one");
  await engine.rig.advance(100);
  const two = await engine.rig.start("two");
  await engine.rig.advance(100);
  assert.match(engine.rig.engine.queries.run(two).steps[0]?.waitReason ?? "", /waits for container shared of run/);
  await engine.rig.advance(15_000);
  assert.deepEqual(
    [(await engine.rig.ended(one)).status, (await engine.rig.ended(two)).status],
    ["succeeded", "succeeded"],
  );
  assert.equal(engine.host.begun.length, 2);
});

test("a kept container stays after its step, until another one takes its name", async () => {
  await using engine = await containerEngine({
    definitions: containerAsset("kept", request({ lines: ["look"] }, { name: "kept", keep: true })),
  });
  for (const begun of [1, 2]) {
    const runId = await engine.rig.start("kept");
    await engine.rig.advance(61_000);
    assert.equal((await engine.rig.ended(runId)).status, "succeeded");
    assert.equal(engine.host.begun.length, begun);
    assert.deepEqual(
      engine.host.containers.map((one) => [one.spec.name, one.status]),
      [["kept", "exited"]],
    );
  }
});

test("a container of this record that no step owns is removed at the start, and that of another record stays", async () => {
  await using engine = await containerEngine({ definitions: containerAsset("any", request({ runMs: LONG_MS })) });
  await engine.rig.start("any");
  await engine.rig.advance(100);
  const labels = engine.host.begun[0]?.labels ?? {};
  await engine.host.start(
    await engine.host.create(fakeSpec("orphan", {}, { labels: { ...labels, "sheaf.attempt": "7" } })),
  );
  await engine.host.create(fakeSpec("foreign", {}, { labels: { ...labels, "sheaf.lineage": "other" } }));
  const other = await engine.killed();
  await other.advance(1000);
  assert.deepEqual(
    engine.host.containers.map((one) => one.spec.name),
    [engine.host.begun[0]?.name, "foreign"],
  );
});

test("a container that comes about after its step has ended is swept within two minutes", async () => {
  let slowMs = 40_000;
  await using engine = await containerEngine({
    definitions: containerAsset("late", request({ runMs: LONG_MS })),
    host: (clock) =>
      fakeContainerHost({
        scheduler: clock,
        fateOf: (call) => (call === "create" ? { fate: "ok", delayMs: slowMs } : { fate: "ok" }),
      }),
  });
  const runId = await engine.rig.start("late");
  await engine.rig.advance(1000);
  await engine.rig.engine.commands.cancelRun(runId, operator);
  await engine.rig.advance(38_000);
  assert.equal((await engine.rig.ended(runId)).status, "canceled");
  slowMs = 0;
  await engine.rig.advance(2000);
  assert.equal(engine.host.containers.length, 1, "it came about");
  await engine.rig.advance(120_000);
  assert.deepEqual(engine.host.containers, []);
});

for (const call of ["create", "start", "inspect", "wait", "logs", "stop", "remove", "find"] as const) {
  test(`a call of ${call} that takes effect and times out is harmless`, async () => {
    const made = new Map<string, number>();
    await using engine = await containerEngine({
      definitions: containerAsset("safe", request({ runMs: 3000, lines: ["a", "b"] })),
      host: (clock) =>
        fakeContainerHost({
          scheduler: clock,
          fateOf(name, subject) {
            const times = (made.get(`${name} ${subject}`) ?? 0) + 1;
            made.set(`${name} ${subject}`, times);
            return { fate: name === call && times <= 2 ? "execute-and-timeout" : "ok" };
          },
        }),
    });
    const runId = await engine.rig.start("safe");
    await engine.rig.advance(30_000);
    const run = await engine.rig.ended(runId);
    assert.deepEqual([run.status, run.steps[0]?.attempt], ["succeeded", 1]);
    assert.equal(engine.host.begun.length, 1);
    assert.deepEqual(engine.host.containers, []);
    const logs = await engine.rig.engine.queries.logs(runId, { limit: 100 });
    assert.deepEqual(
      logs.items.map((line) => line.message).filter((message) => message.length === 1),
      ["a", "b"],
    );
  });
}

test("an image that the host cannot run fails the step at once", async () => {
  await using engine = await containerEngine({ definitions: containerAsset("bad", request({}, { image: "missing" })) });
  const run = await engine.rig.run("bad");
  assert.deepEqual([run.status, run.steps[0]?.error?.code], ["failed", "invalid_request"]);
});

test("a step that asks for a container where there is no host fails, saying so", async () => {
  const definitions = containerAsset("nowhere", request());
  await using rig = await engineRig({ definitions });
  const run = await rig.run("nowhere");
  assert.deepEqual([run.status, run.steps[0]?.error?.code], ["failed", "config"]);
});

test("containers of one attempt need keys of their own, and an ended attempt's can no longer be used", async () => {
  const errors: unknown[] = [];
  let leaked = (): Promise<unknown> => Promise.resolve();
  const asset = defineAsset({
    key: "keys",
    async run({ containers }) {
      const both = await Promise.all(["a", "b"].map((key) => containers.run(request({ runMs: 10 }, { key }))));
      await containers.run(request({}, { key: "a" })).catch((error: unknown) => errors.push(error));
      await containers.run(request({}, { key: "no key" })).catch((error: unknown) => errors.push(error));
      await containers.run(request({}, { name: "-no-name" })).catch((error: unknown) => errors.push(error));
      leaked = () => containers.run(request({}, { key: "late" }));
      return both.length;
    },
  });
  await using engine = await containerEngine({ definitions: [asset, defineJob({ name: "keys", assets: [asset] })] });
  const runId = await engine.rig.start("keys");
  await engine.rig.advance(1000);
  assert.equal((await engine.rig.ended(runId)).status, "succeeded");
  assert.deepEqual(
    errors.map((error) => (error as { code: string }).code),
    ["conflict", "invalid_request", "invalid_request"],
  );
  await assert.rejects(leaked(), { code: "conflict", message: /has ended/ });
  assert.equal(engine.host.begun.length, 2);
});

test("the next attempt begins its container only when that of the attempt before is gone", async () => {
  const asset = defineAsset({
    key: "again",
    retry: { attempts: 2, delayMs: 0 },
    run: ({ containers, attempt }) =>
      containers.run(request({ exitCode: attempt === 1 ? 1 : 0 })).then((ended) => ended.exitCode),
  });
  await using engine = await containerEngine({
    definitions: [asset, defineJob({ name: "again", assets: [asset] })],
    host: (clock) =>
      fakeContainerHost({
        scheduler: clock,
        fateOf: (call) => ({ fate: "ok", ...(call === "remove" ? { delayMs: 3000 } : {}) }),
      }),
  });
  const runId = await engine.rig.start("again");
  await engine.rig.advance(2900);
  assert.equal(engine.rig.step(runId, "again").attempt, 2);
  assert.equal(engine.host.begun.length, 1);
  await engine.rig.advance(4000);
  assert.equal((await engine.rig.ended(runId)).status, "succeeded");
  assert.equal(engine.host.begun.length, 2);
});
