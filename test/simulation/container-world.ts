import type { ContainerSpec } from "../../engine/core/ports/container-runner.ts";
import { ownerOf } from "../../engine/core/step-containers.ts";
import type { FakeContainer, FakeProgram } from "../rigs/containers/fake-container.ts";
import { type CallFate, type FakeContainerHost, fakeContainerHost } from "../rigs/containers/fake-container-host.ts";
import type { World } from "./world.ts";

/** Which containers run for a step: those of all its attempts, or of one. */
export interface ContainersOf {
  readonly runUid: string;
  /** Null: of all its steps. */
  readonly ordinal: number | null;
}

/** The container host: it outlives every engine, and what it is asked for comes through late, twice or not at all. */
export class ContainerWorld {
  readonly host: FakeContainerHost;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    const scheduler = {
      defer: (task: () => void) => world.time.defer(this, task),
      after: (ms: number, task: () => void) => world.time.after(this, ms, task),
    };
    this.host = fakeContainerHost({
      scheduler,
      fateOf: () => this.#fate(),
      onStart: (spec) => this.#checkAlone(spec),
    });
  }

  /** What the code of an attempt has its container do. */
  drawProgram(): FakeProgram {
    const { chance, isCalm } = this.#world;
    return {
      runMs: chance.between(0, 6000),
      lines: chance.some(["one", "two"], 50),
      exitCode: !isCalm && chance.percent(15) ? 1 : 0,
      stopMs: chance.pick([0, 0, 300, 60_000]),
    };
  }

  /** It does not answer for a while; what runs on it goes on. */
  sever(): void {
    const { world, host } = { world: this.#world, host: this.host };
    if (!host.isReachable) return;
    world.tell("the container host does not answer");
    host.isReachable = false;
    world.time.after(this, world.chance.between(100, 40_000), () => {
      world.tell("the container host answers again");
      host.isReachable = true;
    });
  }

  running({ runUid, ordinal }: ContainersOf): readonly FakeContainer[] {
    return this.host.containers.filter(({ spec, status }) => {
      const owner = ownerOf(spec.labels);
      return status === "running" && owner?.run === runUid && (ordinal === null || owner.step === ordinal);
    });
  }

  #fate(): CallFate {
    const { chance, isCalm } = this.#world;
    if (isCalm) return { fate: "ok" };
    const fate = chance.weighted<CallFate["fate"]>([
      [90, "ok"],
      [5, "unreachable"],
      [5, "execute-and-timeout"],
    ]);
    // Over 30 s the caller has given up, and the effect comes all the same.
    return { fate, delayMs: chance.percent(30) ? chance.pick([1, 200, 40_000]) : 0 };
  }

  #checkAlone(spec: ContainerSpec): void {
    const owner = ownerOf(spec.labels);
    this.#world.tell(`  container ${spec.name.slice(-12)} begins`);
    if (owner === null) return;
    for (const other of this.running({ runUid: owner.run, ordinal: owner.step })) {
      if (other.spec.name === spec.name) continue;
      this.#world.violate("S6", `container ${spec.name} begins while ${other.spec.name} runs for the same step`);
    }
  }
}
