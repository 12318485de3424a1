import assert from "node:assert/strict";
import { test } from "node:test";
import { type FaultPoint, faultPoints } from "../../../../engine/core/ports/fault-points.ts";
import type { Definition } from "../../../../engine/core/catalog.ts";
import { defineAsset, defineJob, type RunContext } from "../../../../engine/index.ts";
import type { EngineRig } from "../../../rigs/engine.ts";
import { fakeContainerHost } from "../../../rigs/containers/fake-container-host.ts";
import { containerAsset, type ContainerEngine, containerEngine, request } from "./support.ts";

const asset = containerAsset("harvest", request({ runMs: 5000, lines: ["one", "two", "three"], exitCode: 3 }));
const isContainerPoint = (point: FaultPoint): boolean => point.startsWith("container.");

/** Lets the other engine end the run, and gives its view. */
async function ended(other: EngineRig, runId: string) {
  await other.advance(40_000);
  return other.ended(runId);
}

function messagesOf(logs: readonly { readonly message: string }[]): readonly string[] {
  return logs.map((line) => line.message).filter((message) => ["one", "two", "three"].includes(message));
}

async function assertOnce(engine: ContainerEngine, other: EngineRig, runId: string): Promise<void> {
  const run = await ended(other, runId);
  assert.equal(run.status, "succeeded");
  assert.deepEqual([run.steps[0]?.attempt, run.steps[0]?.interruptions], [1, 0]);
  assert.equal(engine.host.begun.length, 1, "the container ran once");
  assert.deepEqual(engine.host.containers, [], "nothing is left of it");
  const { items } = await other.engine.queries.logs(runId, { limit: 100 });
  assert.deepEqual(messagesOf(items), ["one", "two", "three"]);
}

for (const point of faultPoints.filter(isContainerPoint)) {
  test(`a step goes on with its container, which runs once, after a kill at ${point}`, async () => {
    await using engine = await containerEngine({ definitions: asset });
    const runId = await engine.rig.start("harvest");
    const other = await engine.killedAt(point);
    await assertOnce(engine, other, runId);
  });
}

test("a step whose container ended while no engine ran reads its exit code and its log", async () => {
  await using engine = await containerEngine({ definitions: asset });
  const runId = await engine.rig.start("harvest");
  await engine.rig.advance(2000);
  const waiting = engine.killed();
  await engine.clock.advance(60_000);
  const other = await waiting;
  await assertOnce(engine, other, runId);
  const events = await other.engine.queries.events(runId, { limit: 100 });
  assert.ok(events.items.some((event) => event.type === "step.resumed"));
});

const HOUR_MS = 3_600_000;

/**
 * An engine of a step that may take 6 hours; stopped after a moment, another one comes 7 hours later. As any real one, the
 * container host takes a moment to answer.
 */
async function longDown(run: (context: Pick<RunContext, "containers">) => Promise<number>) {
  const long = defineAsset({ key: "long", timeoutMs: 6 * HOUR_MS, run });
  const engine = await containerEngine({
    definitions: [long, defineJob({ name: "long", assets: [long] })],
    host: (clock) => fakeContainerHost({ scheduler: clock, fateOf: () => ({ fate: "ok", delayMs: 5 }) }),
    abortGraceMs: 10,
  });
  const runId = await engine.rig.start("long");
  await engine.rig.advance(2000);
  const stopped = engine.rig.engine.stop({ deadlineMs: 0, reason: "an upgrade" });
  await engine.rig.advance(100);
  await stopped;
  await engine.clock.advance(7 * HOUR_MS);
  return { engine, other: await engine.killed(), runId };
}

const hour = request({ runMs: HOUR_MS, lines: ["one", "two", "three"] });

test("a container that ended in time while no engine ran counts, however late the next engine comes", async () => {
  const { engine, other, runId } = await longDown(async ({ containers }) => (await containers.run(hour)).exitCode);
  await using _ = engine;
  await assertOnce(engine, other, runId);
});

test("code whose container's end is on record has its time again, however late the next engine comes", async () => {
  let lives = 0;
  const { engine, other, runId } = await longDown(async ({ containers }) => {
    const container = await containers.run(request({ lines: ["one", "two", "three"], files: { "/out": "made" } }));
    if (lives++ === 0) await new Promise(() => {});
    for await (const part of container.readFiles("/out")) assert.ok(part.length > 0);
    return container.exitCode;
  });
  await using _ = engine;
  await assertOnce(engine, other, runId);
});

test("a container that still runs past its step's time after a restart is ended, and the step fails", async () => {
  const { engine, other, runId } = await longDown(async ({ containers }) => {
    return (await containers.run(request({ runMs: 8 * HOUR_MS }))).exitCode;
  });
  await using _ = engine;
  const run = await ended(other, runId);
  assert.deepEqual([run.status, run.steps[0]?.error?.code], ["failed", "timeout"]);
  assert.deepEqual(engine.host.containers, []);
});

test("a container that began after one had ended while no engine ran has its time, over a restart too", async () => {
  const { engine, other, runId } = await longDown(async ({ containers }) => {
    await containers.run({ ...hour, key: "first" });
    return (await containers.run({ ...request({ runMs: 5 * HOUR_MS }), key: "second" })).exitCode;
  });
  await using _ = engine;
  await other.advance(HOUR_MS);
  const third = await other.crash();
  await engine.clock.advance(1000);
  await third.advance(1000);
  assert.equal(third.step(runId, "long").status, "running");
});

test("an engine that is stopped leaves the container running, and the next one goes on with it", async () => {
  await using engine = await containerEngine({ definitions: asset });
  const runId = await engine.rig.start("harvest");
  await engine.rig.advance(2000);
  const stopped = engine.rig.engine.stop({ deadlineMs: 0, reason: "an upgrade" });
  await engine.rig.advance(100);
  await stopped;
  assert.deepEqual(
    engine.host.containers.map((one) => one.status),
    ["running"],
  );
  const other = await engine.killed();
  await assertOnce(engine, other, runId);
});

test("an engine that is stopped while a cancel waits for the host's answer waits no longer for it", async () => {
  await using engine = await containerEngine({
    definitions: asset,
    abortGraceMs: 1000,
    host: (clock) =>
      fakeContainerHost({
        scheduler: clock,
        fateOf: (call) => ({ fate: "ok", delayMs: call === "create" ? 25_000 : 0 }),
      }),
  });
  const runId = await engine.rig.start("harvest");
  await engine.rig.advance(100);
  await engine.rig.engine.commands.cancelRun(runId, { name: "ada", role: "operator" });
  await engine.rig.advance(2000);
  const stopped = engine.rig.engine.stop({ deadlineMs: 0, reason: "an upgrade" });
  await engine.rig.advance(100);
  await stopped;
  const other = await engine.killed();
  const run = await ended(other, runId);
  assert.equal(run.status, "canceled");
  await engine.clock.advance(180_000);
  assert.deepEqual(engine.host.containers, []);
});

test("a step that was killed before its container was asked for is cut off as any other", async () => {
  await using engine = await containerEngine({ definitions: asset });
  const dying = engine.killedAt("attempt.before-code");
  const runId = await engine.rig.start("harvest");
  const other = await dying;
  const run = await ended(other, runId);
  assert.deepEqual([run.status, run.steps[0]?.attempt, run.steps[0]?.interruptions], ["succeeded", 2, 1]);
  assert.equal(engine.host.begun.length, 1);
});

test("the container of a step whose asset has left the code is removed", async () => {
  await using engine = await containerEngine({ definitions: asset });
  const runId = await engine.rig.start("harvest");
  await engine.rig.advance(2000);
  const other = await engine.killed([defineAsset({ key: "other", run: () => 1 })]);
  const run = await ended(other, runId);
  assert.deepEqual([run.status, run.steps[0]?.error?.code], ["failed", "definition"]);
  assert.deepEqual(engine.host.containers, []);
});

test("a run that was being canceled at a kill is canceled when its container is gone", async () => {
  await using engine = await containerEngine({
    definitions: containerAsset("harvest", request({ runMs: 600_000, stopMs: 5000 })),
  });
  const runId = await engine.rig.start("harvest");
  await engine.rig.advance(2000);
  await engine.rig.engine.commands.cancelRun(runId, { name: "ada", role: "operator" });
  await engine.rig.advance(100);
  const other = await engine.killed();
  await other.settle();
  assert.equal(other.engine.queries.run(runId).status, "canceling");
  const run = await ended(other, runId);
  assert.equal(run.status, "canceled");
  assert.deepEqual(engine.host.containers, []);
});

test("a step that was being canceled at a kill is canceled when its container is gone", async () => {
  await using engine = await containerEngine({
    definitions: containerAsset("harvest", request({ runMs: 600_000, stopMs: 5000 })),
  });
  const runId = await engine.rig.start("harvest");
  await engine.rig.advance(2000);
  await engine.rig.engine.commands.cancelStep(runId, { step: 0, actor: { name: "ada", role: "operator" } });
  await engine.rig.advance(100);
  const other = await engine.killed();
  await other.settle();
  assert.equal(other.engine.queries.run(runId).steps[0]?.status, "running");
  const run = await ended(other, runId);
  assert.deepEqual([run.steps[0]?.status, run.steps[0]?.reason], ["canceled", "canceled by ada"]);
  assert.equal(engine.host.begun.length, 1);
  assert.deepEqual(engine.host.containers, []);
});

test("a step that was being canceled at a stop, while its host did not answer, is canceled by the next engine", async () => {
  await using engine = await containerEngine({
    definitions: containerAsset("harvest", request({ runMs: 600_000 })),
    abortGraceMs: 1000,
  });
  const runId = await engine.rig.start("harvest");
  await engine.rig.advance(2000);
  engine.host.isReachable = false;
  await engine.rig.engine.commands.cancelStep(runId, { step: 0, actor: { name: "ada", role: "operator" } });
  await engine.rig.advance(2000);
  const stopped = engine.rig.engine.stop({ deadlineMs: 0, reason: "an upgrade" });
  await engine.rig.advance(2000);
  await stopped;
  const other = await engine.killed();
  engine.host.isReachable = true;
  const run = await ended(other, runId);
  assert.deepEqual([run.steps[0]?.status, run.steps[0]?.reason], ["canceled", "canceled by ada"]);
  assert.equal(engine.host.begun.length, 1);
  assert.deepEqual(engine.host.containers, []);
});

test("a step that ends the engine each time after its container has ended fails in the end", async () => {
  let lives = 0;
  const deadly = defineAsset({
    key: "deadly",
    async run({ containers }) {
      await containers.run(request());
      lives++;
      await new Promise(() => {});
    },
  });
  const definitions = [deadly, defineJob({ name: "deadly", assets: [deadly] })];
  await using engine = await containerEngine({ definitions, abortGraceMs: 10 });
  const runId = await engine.rig.start("deadly");
  await engine.rig.advance(1000);
  const rigs = [await engine.killed()];
  for (let kill = 0; kill < 3; kill++) {
    await rigs.at(-1)?.advance(1000);
    const last = rigs.at(-1);
    if (last !== undefined) rigs.push(await last.crash());
  }
  const run = await ended(rigs.at(-1) ?? engine.rig, runId);
  assert.deepEqual([run.status, run.steps[0]?.error?.code], ["failed", "interrupted"]);
  assert.equal(lives, 4);
  assert.equal(engine.host.begun.length, 1, "its container ran once");
});

test("a container host that cannot be reached at the start is waited for, and nothing is run twice", async () => {
  await using engine = await containerEngine({
    definitions: asset,
    host: (clock) => fakeContainerHost({ scheduler: clock }),
  });
  const runId = await engine.rig.start("harvest");
  await engine.rig.advance(2000);
  engine.host.isReachable = false;
  const other = await engine.killed();
  await other.advance(60_000);
  const step = other.engine.queries.run(runId).steps[0];
  assert.equal(step?.status, "running");
  assert.match(step.waitReason ?? "", /waits for the container host/);
  engine.host.isReachable = true;
  await assertOnce(engine, other, runId);
});

test("an exit on record has its log on record, however soon it came", async () => {
  await using engine = await containerEngine({
    definitions: containerAsset("quick", request({ runMs: 40, lines: ["one", "two", "three"], exitCode: 3 })),
  });
  const runId = await engine.rig.start("quick");
  const other = await engine.killedAt("container.exit-recorded");
  await assertOnce(engine, other, runId);
});

for (const [what, pool] of [
  ["none any more", {}],
  ["another one", { pool: "other" }],
] as const) {
  test(`a step whose container outlives a restart gives back its slot, where its code has ${what} then`, async () => {
    const run = async ({ containers }: Pick<RunContext, "containers">): Promise<number> =>
      (await containers.run(request({ runMs: 5000 }))).exitCode;
    const next = defineAsset({ key: "next", pool: "docker", run: () => 1 });
    const definitions = (held: { readonly pool?: string }): readonly Definition[] => {
      const harvest = defineAsset({ key: "harvest", ...held, run });
      return [
        harvest,
        next,
        defineJob({ name: "harvest", assets: [harvest] }),
        defineJob({ name: "next", assets: [next] }),
      ];
    };
    await using engine = await containerEngine({
      definitions: definitions({ pool: "docker" }),
      limits: [{ kind: "pool", key: "docker", maximum: 1 }],
    });
    const holder = await engine.rig.start("harvest");
    await engine.rig.advance(1000);
    const waiting = await engine.rig.start("next");
    await engine.rig.settle();
    assert.match(engine.rig.step(waiting, "next").waitReason ?? "", /pool docker/);
    const other = await engine.killed(definitions(pool));
    await other.settle();
    assert.equal(other.step(waiting, "next").status, "waiting");
    assert.equal((await ended(other, holder)).status, "succeeded");
    await other.settle();
    assert.equal(other.step(waiting, "next").status, "succeeded");
    const slots = other.engine.queries.limits().filter(({ kind }) => kind === "pool");
    assert.deepEqual(
      slots.map(({ used }) => used).filter((used) => used > 0),
      [],
    );
  });
}
