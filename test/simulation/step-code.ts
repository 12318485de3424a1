import { skip } from "../../engine/core/outcome.ts";
import { RetryRequested } from "../../engine/core/retry.ts";
import type { RunContext } from "../../engine/core/run-context.ts";
import type { FakeProgram } from "../rigs/containers/fake-container.ts";
import type { ContainerWorld } from "./container-world.ts";
import { ABORT_GRACE_MS, type Life } from "./life.ts";
import type { CodedStep } from "./program.ts";
import type { ShownRecord } from "./shown-record.ts";
import type { World } from "./world.ts";

type Context = RunContext<Record<string, unknown>>;

/** Code that runs right now, as the world outside sees it. */
export interface RunningCode {
  readonly life: Life;
  readonly runUid: string;
  readonly asset: string;
  readonly partition: string | null;
  readonly attempt: number;
  readonly outputs: readonly string[];
  abortedAtMs: number | null;
}

/** Simulates what users write: most of it works, some fails, hangs, ignores its signal or returns nonsense. */
export class SimulatedCode {
  readonly #world: World;
  readonly #record: ShownRecord;
  readonly #running = new Set<RunningCode>();
  /** Lets go what hangs. */
  #release = Promise.withResolvers<void>();
  /** How many attempts were begun. */
  begun = 0;

  readonly #containers: ContainerWorld;
  /** Of attempts that run containers: when they go on after a restart, their code asks for the same. */
  readonly #programs = new Map<string, FakeProgram>();

  constructor(params: { readonly world: World; readonly record: ShownRecord; readonly containers: ContainerWorld }) {
    this.#world = params.world;
    this.#record = params.record;
    this.#containers = params.containers;
  }

  get running(): Iterable<RunningCode> {
    return this.#running;
  }

  /** The process is gone, and what it ran with it. */
  forget(): void {
    this.#running.clear();
  }

  /** What hangs goes on. */
  release(): void {
    this.#release.resolve();
  }

  /** Whether it has been told to stop for so long that it counts as abandoned. */
  isAbandoned(code: RunningCode): boolean {
    return code.abortedAtMs !== null && this.#world.time.elapsedMs - code.abortedAtMs >= ABORT_GRACE_MS;
  }

  async run(step: CodedStep, context: Context, life: Life): Promise<unknown> {
    if (life.isDead) return new Promise(() => {});
    const code = this.#enter(step, context, life);
    try {
      return await this.#behave(step, context, code);
    } finally {
      this.#running.delete(code);
      if (!life.isDead) this.#world.tell(`  code of ${name(code)} has settled`);
    }
  }

  #enter(step: CodedStep, context: Context, life: Life): RunningCode {
    const { time } = this.#world;
    const code: RunningCode = {
      life,
      runUid: context.run.id,
      asset: step.assets[0] ?? "",
      partition: context.partition?.key ?? null,
      attempt: context.attempt,
      outputs: step.outputs,
      abortedAtMs: context.signal.aborted ? time.elapsedMs : null,
    };
    context.signal.addEventListener("abort", () => (code.abortedAtMs ??= time.elapsedMs));
    this.begun++;
    this.#world.tell(`  code of ${name(code)} begins`);
    // Two runs may judge the same thing at once.
    if (!step.isCheck) this.#checkAlone(code);
    this.#record.checkRecordedAsRunning(code);
    this.#running.add(code);
    return code;
  }

  #checkAlone(code: RunningCode): void {
    for (const other of this.#running) {
      if (other.asset !== code.asset || other.partition !== code.partition) continue;
      this.#world.violate("S6", `${name(code)} begins while ${name(other)} runs`);
    }
  }

  async #behave(step: CodedStep, context: Context, code: RunningCode): Promise<unknown> {
    const { chance, isCalm } = this.#world;
    if (step.isCheck) return this.#judge(code, context);
    if (this.#programs.has(name(code)) || chance.percent(12)) return this.#runContainer(code, context);
    if (chance.percent(20)) context.log.info("it begins", { attempt: context.attempt });
    if (chance.percent(10)) context.report({ done: 0 });
    if (chance.percent(40)) await this.#wait(code, chance.between(1, 3000), context.signal);
    if (isCalm) return this.#value(step, context);
    return chance.weighted<() => unknown>([
      [70, () => this.#value(step, context)],
      [14, () => fail(new Error("it failed"))],
      [2, () => fail(new RetryRequested({ delayMs: chance.below(5000) }))],
      [4, () => skip("there is nothing to do")],
      [3, () => 10n],
      [5, () => this.#hang(code, context)],
      [4, () => this.#ignoreSignal(code, context)],
    ])();
  }

  async #judge(code: RunningCode, context: Context): Promise<unknown> {
    const { chance, isCalm } = this.#world;
    if (chance.percent(40)) await this.#wait(code, chance.between(1, 3000), context.signal);
    const verdict = (): unknown => ({ passed: chance.percent(70), metadata: { number: chance.below(3) } });
    if (isCalm) return verdict();
    return chance.weighted<() => unknown>([
      [75, verdict],
      [5, () => ({ passed: false, severity: "warn", description: "it could be better" })],
      [8, () => fail(new Error("it cannot be judged"))],
      [3, () => skip("there is nothing to judge")],
      [3, () => "good"],
      [3, () => this.#hang(code, context)],
      [3, () => this.#ignoreSignal(code, context)],
    ])();
  }

  async #runContainer(code: RunningCode, { containers }: Context): Promise<unknown> {
    const program = this.#programs.get(name(code)) ?? this.#containers.drawProgram();
    this.#programs.set(name(code), program);
    await containers.run({ image: "fake", args: [JSON.stringify(program)], stopGraceMs: 1000 });
    return code.outputs.length === 0 ? null : Object.fromEntries(code.outputs.map((output) => [output, null]));
  }

  #value(step: CodedStep, context: Context): unknown {
    const { chance } = this.#world;
    if (chance.percent(20)) for (const input of Object.keys(context.inputs)) void context.inputs[input];
    const one = (): unknown => (chance.percent(30) ? null : { number: chance.below(3) });
    if (step.outputs.length === 0) return one();
    return Object.fromEntries(chance.some(step.outputs, 80).map((output) => [output, one()]));
  }

  #wait(code: RunningCode, ms: number, signal: AbortSignal): Promise<void> {
    const { time } = this.#world;
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const disarm = time.after(code.life, ms, resolve);
      signal.addEventListener("abort", () => {
        disarm();
        reject(signal.reason as Error);
      });
    });
  }

  async #hang(code: RunningCode, { signal }: Context): Promise<void> {
    await Promise.race([this.#wait(code, 86_400_000, signal), this.#release.promise]);
  }

  /** Goes on for a while, whatever its signal says; once it was given up, its context is of no use to it. */
  async #ignoreSignal(code: RunningCode, context: Context): Promise<unknown> {
    const { time, chance } = this.#world;
    const wait = (ms: number): Promise<void> => new Promise((resolve) => time.after(code.life, ms, resolve));
    await wait(chance.between(1, 20_000));
    const calls = [() => context.log.info("late"), () => context.report({ done: 1 })];
    if (this.isAbandoned(code)) {
      // Where the computer slept, the end of the grace may be late as well.
      await wait(0);
      for (const call of calls) {
        if (isRefused(call)) continue;
        this.#world.violate("S8", `${name(code)} was abandoned and still uses its context`);
      }
    }
    return null;
  }
}

export function name(code: Omit<RunningCode, "life" | "abortedAtMs" | "outputs">): string {
  return `${code.asset}[${code.partition ?? ""}] of ${code.runUid.slice(-6)}, attempt ${code.attempt}`;
}

function fail(error: Error): never {
  throw error;
}

function isRefused(call: () => void): boolean {
  try {
    call();
    return false;
  } catch {
    return true;
  }
}
