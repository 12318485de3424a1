import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { containerRunnerContract } from "../../contracts/container-runner.ts";
import type { ContainerRig } from "../../contracts/container-runner/support.ts";
import { systemScheduler } from "../../../engine/adapters/system-clock.ts";
import { type ManualClock, manualClock } from "../manual-clock.ts";
import { type CallFate, type ContainerCall, fakeContainerHost, fakeSpec } from "./fake-container-host.ts";
import { serveContainerHost } from "./container-host-server.ts";
import { remoteContainerHost } from "./remote-container-host.ts";

/** Moves the time on from timer to timer until the promise settles. */
async function during<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = promise.finally(() => (isSettled = true));
  settled.catch(() => {});
  await clock.settle();
  for (let next = clock.nextTimerAtMs(); !isSettled; next = clock.nextTimerAtMs()) {
    await clock.advance(next === null ? 0 : next - clock.now());
  }
  return settled;
}

let names = 0;

describe("in memory", () => {
  containerRunnerContract(async (): Promise<ContainerRig> => {
    const clock = manualClock();
    return {
      runner: fakeContainerHost({ scheduler: clock }),
      spec: (program, overrides) => fakeSpec(`fake-${names++}`, program, overrides),
      during: (promise) => during(clock, promise),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  });
});

describe("over HTTP", () => {
  containerRunnerContract(async (): Promise<ContainerRig> => {
    const host = fakeContainerHost({ scheduler: systemScheduler() });
    const server = await serveContainerHost(host);
    return {
      runner: remoteContainerHost(server.url),
      spec: (program, overrides) => fakeSpec(`fake-${names++}`, program, overrides),
      during: (promise) => promise,
      async [Symbol.asyncDispose]() {
        for (const { spec } of host.containers) host.vanish(spec.name);
        await server[Symbol.asyncDispose]();
      },
    };
  });
});

const failing = (call: ContainerCall, fate: CallFate): ((made: ContainerCall) => CallFate) => {
  return (made) => (made === call ? fate : { fate: "ok" });
};

test("a call that is executed and times out has taken effect", async () => {
  const clock = manualClock();
  const host = fakeContainerHost({ scheduler: clock, fateOf: failing("create", { fate: "execute-and-timeout" }) });
  await assert.rejects(host.create(fakeSpec("one")), { code: "container_host_unavailable" });
  assert.deepEqual(
    host.containers.map((container) => container.spec.name),
    ["one"],
  );
});

test("a slow creation comes about although its caller has given up", async () => {
  const clock = manualClock();
  const host = fakeContainerHost({ scheduler: clock, fateOf: failing("create", { fate: "ok", delayMs: 1000 }) });
  const abort = new AbortController();
  const creating = assert.rejects(host.create(fakeSpec("slow"), abort.signal), /no longer/);
  await clock.advance(500);
  abort.abort(new Error("no longer"));
  await creating;
  assert.equal(host.containers.length, 0);
  await clock.advance(500);
  assert.equal(host.containers.length, 1);
});

test("a host that cannot be reached refuses every call, and its containers go on", async () => {
  const clock = manualClock();
  const host = fakeContainerHost({ scheduler: clock });
  const id = await host.create(fakeSpec("one", { runMs: 100, exitCode: 4 }));
  await host.start(id);
  const waiting = assert.rejects(host.wait(id), { code: "container_host_unavailable" });
  host.isReachable = false;
  await waiting;
  await assert.rejects(host.inspect("one"), { code: "container_host_unavailable" });
  await clock.advance(100);
  host.isReachable = true;
  assert.deepEqual(await host.wait(id), { exitCode: 4, error: null });
});
