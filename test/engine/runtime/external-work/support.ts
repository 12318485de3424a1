import { cpSync } from "node:fs";
import path from "node:path";
import type { Limit } from "../../../../engine/core/limits.ts";
import type { FaultPoint } from "../../../../engine/core/ports/fault-points.ts";
import type { ContainerRunner } from "../../../../engine/core/ports/container-runner.ts";
import type { Definition } from "../../../../engine/core/catalog.ts";
import { type Asset, type ContainerRequest, defineAsset, defineJob } from "../../../../engine/index.ts";
import type { FakeProgram } from "../../../rigs/containers/fake-container.ts";
import { type FakeContainerHost, fakeContainerHost } from "../../../rigs/containers/fake-container-host.ts";
import { type EngineRig, engineRig } from "../../../rigs/engine.ts";
import { type ManualClock, manualClock } from "../../../rigs/manual-clock.ts";
import { temporaryFolder } from "../../../rigs/temporary-folder.ts";
import { severableHost } from "../../../rigs/containers/severable-host.ts";

/** What makes the fake container do this. */
export function request(program: FakeProgram = {}, more: Partial<ContainerRequest> = {}): ContainerRequest {
  return { image: "fake", args: [JSON.stringify(program)], ...more };
}

/** An asset that runs one container and is made of its exit code, with the job of its name. */
export function containerAsset(key: string, what: ContainerRequest): readonly [Asset, Definition] {
  const asset = defineAsset({
    key,
    run: async ({ containers }) => (await containers.run({ okExitCodes: [0, 1, 2, 3], ...what })).exitCode,
  });
  return [asset, defineJob({ name: key, assets: [asset] })];
}

/** An engine, its container host, and the time of both. */
export interface ContainerEngine extends AsyncDisposable {
  readonly rig: EngineRig;
  readonly host: FakeContainerHost;
  readonly clock: ManualClock;
  /** Kills the engine in the moment in which it reaches this point, and starts another one on what it left. */
  killedAt(point: FaultPoint): Promise<EngineRig>;
  /** Kills it now. */
  killed(definitions?: readonly Definition[]): Promise<EngineRig>;
}

export interface ContainerEngineOptions {
  readonly definitions: readonly Definition[];
  readonly host?: (clock: ManualClock) => FakeContainerHost;
  readonly abortGraceMs?: number;
  readonly limits?: readonly Limit[];
}

const MAX_ROUNDS = 1000;

export async function containerEngine(options: ContainerEngineOptions): Promise<ContainerEngine> {
  const clock = manualClock();
  const host = options.host?.(clock) ?? fakeContainerHost({ scheduler: clock });
  const folder = await temporaryFolder();
  const own = severableHost(host);
  const left = path.join(folder.path, "left");
  let deadly: FaultPoint | null = null;
  let isDead = false;
  const die = (): void => {
    cpSync(rig.dataDir, left, { recursive: true, filter: (file) => !file.includes("lock.db") });
    own.sever();
    isDead = true;
  };
  const reach = (point: FaultPoint): void => {
    if (point === deadly && !isDead) die();
    if (isDead && point === deadly) throw new Error(`killed at ${point}`);
  };
  const open = (containers: ContainerRunner, more: { dataDir?: string; definitions?: readonly Definition[] }) =>
    engineRig({ ...options, clock, containers, ...more });
  const rig = await engineRig({ ...options, clock, containers: own, faults: { reach } });
  const others: EngineRig[] = [];
  const next = async (definitions?: readonly Definition[]): Promise<EngineRig> => {
    const other = await open(host, { dataDir: left, ...(definitions === undefined ? {} : { definitions }) });
    others.push(other);
    return other;
  };
  return {
    rig,
    host,
    clock,
    async killedAt(point) {
      deadly = point;
      for (let round = 0; !isDead; round++) {
        if (round > MAX_ROUNDS) throw new Error(`${point} is never reached`);
        await rig.advance(10);
      }
      return next();
    },
    killed(definitions) {
      die();
      return next(definitions);
    },
    async [Symbol.asyncDispose]() {
      for (const other of others) await other[Symbol.asyncDispose]();
      // What a killed engine says of itself afterwards is nothing.
      if (isDead) rig.problems.length = 0;
      await rig[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
