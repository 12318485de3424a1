import { cpSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { faultPoints } from "../../engine/core/ports/fault-points.ts";
import type { RecordedEvent } from "../../engine/core/events.ts";
import { automationCode } from "./automations.ts";
import { chanceOf } from "./chance.ts";
import { closeConnections } from "./connections.ts";
import { ContainerWorld } from "./container-world.ts";
import { Endings } from "./endings.ts";
import { History } from "./history.ts";
import { ABORT_GRACE_MS, Life, storeFaults } from "./life.ts";
import { LimitsModel } from "./limits-model.ts";
import { Operations } from "./operations.ts";
import { bindProgram, draftProgram, type ProgramDraft } from "./program.ts";
import { Readers } from "./readers.ts";
import { recount } from "./recounts.ts";
import { type ShownEvent, ShownRecord } from "./shown-record.ts";
import { SimulatedTime, turn } from "./simulated-time.ts";
import { SimulatedCode } from "./step-code.ts";
import { Waiting } from "./waiting.ts";
import { type Violation, World } from "./world.ts";

export interface SimulationResult {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly trace: readonly string[];
  readonly lives: number;
  readonly events: number;
  readonly attempts: number;
}

export interface SimulationParams {
  readonly seed: number;
  /** Where its data directory is made and removed; fast storage, since each commit is synced. */
  readonly folder: string;
  /** A folder with an empty, migrated database, which saves each simulation from making its own. */
  readonly template: string;
  readonly onTell?: ((line: string) => void) | undefined;
}

/** Of the calm end: what is not over by then hangs. */
const MAX_CALM_EVENTS = 6000;
const MAX_CALM_MS = 40 * 86_400_000;

/** Runs one engine, and those that follow it, through what the seed holds for them. */
export async function simulate(params: SimulationParams): Promise<SimulationResult> {
  const folder = path.join(params.folder, `seed-${params.seed}`);
  mkdirSync(folder, { recursive: true });
  cpSync(params.template, folder, { recursive: true });
  const world = new World({ chance: chanceOf(params.seed), time: new SimulatedTime(), folder, onTell: params.onTell });
  const simulation = new Simulation(world);
  try {
    await simulation.run();
  } catch (error) {
    world.violate("the simulation", error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    simulation.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return { seed: params.seed, violation: world.violation, trace: world.trace, ...simulation.counts };
}

class Simulation {
  readonly #world: World;
  readonly #draft: ProgramDraft;
  readonly #record: ShownRecord;
  readonly #history: History;
  readonly #containers: ContainerWorld;
  readonly #code: SimulatedCode;
  readonly #limits: LimitsModel;
  readonly #readers: Readers;
  readonly #operations: Operations;
  readonly #waiting: Waiting;
  readonly #endings: Endings;
  /** How likely each kind of trouble is here; some simulations are quiet. */
  readonly #trouble: number;
  #life: Life | null = null;
  #silentSince: { readonly life: Life; readonly seq: number } | null = null;
  /** Up to here nobody was found to wait in vain. */
  #quietSeq = 0;
  #lives = 0;

  constructor(world: World) {
    this.#world = world;
    this.#draft = draftProgram(world.chance);
    this.#trouble = world.chance.pick([0, 1, 2, 4]);
    this.#record = new ShownRecord(world);
    this.#containers = new ContainerWorld(world);
    this.#code = new SimulatedCode({ world, record: this.#record, containers: this.#containers });
    this.#limits = new LimitsModel(this.#draft.limits);
    this.#readers = new Readers(world);
    const shared = { world, record: this.#record, draft: this.#draft, limits: this.#limits };
    this.#operations = new Operations({ ...shared, readers: this.#readers });
    this.#waiting = new Waiting({ ...shared, code: this.#code });
    this.#endings = new Endings({ ...shared, code: this.#code, containers: this.#containers });
    this.#history = new History({ world, record: this.#record, onEvent: (event) => this.#onEvent(event) });
  }

  get counts(): Pick<SimulationResult, "lives" | "events" | "attempts"> {
    return { lives: this.#lives, events: this.#history.seq, attempts: this.#code.begun };
  }

  close(): void {
    this.#life?.kill(null);
    closeConnections(this.#world.folder);
    this.#record.close();
  }

  async run(): Promise<void> {
    const { chance } = this.#world;
    this.#world.tell(`jobs ${JSON.stringify(this.#draft.jobs)}`);
    this.#world.tell(`steps ${JSON.stringify(this.#draft.steps.map((step) => ({ ...step, set: step.set?.name })))}`);
    this.#world.tell(`limits ${JSON.stringify(this.#draft.limits)}`);
    await this.#reopen();
    if (this.#life !== null) this.#operations.addFirstKeys(this.#life);
    for (let left = chance.percent(5) ? 150 : chance.between(8, 40); left > 0 && this.#goesOn(); left--) {
      if (this.#life === null || this.#life.isDead) await this.#reopen();
      else await this.#happen(this.#life);
      this.#check();
    }
    if (this.#goesOn()) await this.#endCalmly();
  }

  #goesOn(): boolean {
    return this.#world.violation === null;
  }

  /** Something happens: whatever is next in the loop, or something from outside. */
  async #happen(life: Life): Promise<void> {
    const { chance, time } = this.#world;
    const trouble = this.#trouble;
    chance.weighted<() => void>([
      [time.hasDeferred ? 200 : 0, () => time.runDeferred()],
      [time.nextTimerInMs === null || time.hasDeferred ? 0 : 60, () => time.runTimer()],
      [life.isReady ? 50 : 0, () => this.#operations.ask(life)],
      [1, () => this.#sleepComputer()],
      [trouble * 2, () => this.#containers.sever()],
      [trouble, () => this.#setClock()],
      [trouble, () => life.kill(null)],
      [trouble * 2, () => life.kill(chance.below(60))],
      [life.isReady ? trouble : 0, () => this.#stop(life)],
      [life.isReady ? trouble : 0, () => this.#takeOver(life)],
      [trouble * 2, () => life.failAt(chance.pick(chance.percent(60) ? storeFaults : faultPoints))],
      // Nothing may be left to do.
      [1, () => time.runTimer()],
    ])();
    await turn();
  }

  async #reopen(): Promise<void> {
    const world = this.#world;
    recount(world, this.#record);
    this.#code.forget();
    world.time.drop(this.#life);
    closeConnections(world.folder);
    const life = new Life({
      world,
      containers: this.#containers.host,
      lookFor: (query, params) => this.#record.lookFor(query, params),
      program: (own) =>
        bindProgram(this.#draft, {
          life: own,
          code: (step, context, runner) => this.#code.run(step, context, runner),
          automations: automationCode(world),
        }),
      onEvents: (events) => this.#onCommit(events, life),
      onResumed: () => this.#limits.reload(this.#record.rows("SELECT * FROM limits")),
    });
    world.tell(`engine ${++this.#lives} opens`);
    this.#limits.reload(this.#record.rows("SELECT * FROM limits"));
    this.#life = life;
    if (!world.isCalm && world.chance.percent(this.#trouble * 3)) life.kill(world.chance.below(25));
    this.#quietSeq = -1;
    let isOpen = false;
    void life.open().then(() => (isOpen = true));
    while (!isOpen && !life.isDead && this.#goesOn()) {
      await turn();
      world.time.runDeferred();
      this.#check();
    }
    await turn();
    this.#operations.checkPromises();
  }

  /** Nobody has been answered yet: what was promised before the commit is what holds for it. */
  #onCommit(events: readonly RecordedEvent[], life: Life): void {
    this.#readers.tell(events, life);
    this.#readHistory();
  }

  #readHistory(): void {
    this.#record.atOnce(() => void this.#history.read());
  }

  /** What must hold after each event of the loop; what is counted, whenever the engine has done all that it can. */
  #check(): void {
    this.#readHistory();
    if (this.#life !== null) this.#checkSilence(this.#life);
    if (this.#world.time.hasDeferred || this.#quietSeq === this.#history.seq) return;
    this.#quietSeq = this.#history.seq;
    this.#record.atOnce(() => {
      recount(this.#world, this.#record);
      if (this.#life?.isReady === true) this.#waiting.check();
    });
  }

  #onEvent(event: ShownEvent): void {
    const { run_id: runId, ordinal } = event;
    if (runId === null) return;
    if (event.type === "run.starting") this.#waiting.checkBegun(runId);
    if (event.type === "step.started" && ordinal !== null) this.#waiting.checkStarted(runId, ordinal);
    this.#endings.hear(event);
  }

  /** The lid is closed for a while: what falls due meanwhile happens late. */
  #sleepComputer(): void {
    const sleptMs = this.#world.chance.between(1000, 8 * 3_600_000);
    this.#world.time.elapsedMs += sleptMs;
    this.#world.tell(`the computer sleeps for ${sleptMs} ms`);
  }

  #setClock(): void {
    const { chance, time } = this.#world;
    const byMs = chance.pick([-1, 1]) * chance.pick([2000, 600_000, 7_200_000, 90_000_000]);
    time.setByMs += byMs;
    this.#world.tell(`the clock is set by ${byMs} ms`);
  }

  #stop(life: Life): void {
    const { chance, time } = this.#world;
    const deadlineMs = chance.pick([0, 0, 500, 5000]);
    this.#world.tell(`the engine is told to stop within ${deadlineMs} ms`);
    const toldAtMs = time.elapsedMs;
    life.isStopping = true;
    const { engine } = life;
    void engine?.stop({ deadlineMs, reason: "the simulation says so" }).then(
      () => this.#hasStopped(life),
      (error: unknown) => life.isDead || this.#world.violate("S2", `the engine does not stop: ${String(error)}`),
    );
    const latestMs = deadlineMs + ABORT_GRACE_MS + 100;
    time.afterRest(life, latestMs, () =>
      this.#world.violate("S12", `the engine was told to stop ${time.elapsedMs - toldAtMs} ms ago and still runs`),
    );
  }

  #hasStopped(life: Life): void {
    if (life.isDead) return;
    this.#world.tell("the engine has stopped");
    const [lease] = this.#record.rows<{ ended_at_ms: number | null }>("SELECT ended_at_ms FROM lease");
    const isGivenBack = lease?.ended_at_ms != null || life.isCutOff || !life.isWell;
    this.#world.hold("S12", isGivenBack, () => "the engine has stopped without giving its lease back");
    life.kill(null);
  }

  /** Another engine takes the directory over, as could happen where locks do not work: this one must fall silent. */
  #takeOver(life: Life): void {
    this.#world.tell("another engine takes over");
    this.#record.exec("UPDATE lease SET epoch = epoch + 1, holder = 'another'");
    life.isCutOff = true;
    // Its disk may fail at the same time; when it is well again, it is the other's.
    if (this.#world.chance.percent(30)) life.failAt("flush.before-begin");
  }

  /** Once an engine cannot write any more, or must not, it writes nothing; after a while somebody ends it. */
  #checkSilence(life: Life): void {
    const { time, chance } = this.#world;
    if (!life.isCutOff || life.isDead) return;
    if (this.#silentSince?.life === life) {
      const { seq } = this.#silentSince;
      this.#world.hold("S15", this.#history.seq === seq, () => `an engine that was cut off at ${seq} still writes`);
      return;
    }
    this.#silentSince = { life, seq: this.#history.seq };
    time.after(life, chance.between(0, 30_000), () => life.kill(null));
  }

  /** Nothing is broken any more: now all that was begun has to come to its end. */
  async #endCalmly(): Promise<void> {
    const { time } = this.#world;
    this.#world.tell("CALM");
    this.#world.isCalm = true;
    // What was left by a kill, or what goes on: both have to end.
    if (this.#life?.isReady !== true || this.#world.chance.percent(30)) {
      this.#life?.kill(null);
      await this.#reopen();
    }
    const life = this.#life;
    if (life === null || !this.#goesOn()) return;
    life.spare();
    this.#containers.host.isReachable = true;
    this.#code.release();
    this.#operations.calmDown(life);
    const endMs = time.elapsedMs + MAX_CALM_MS;
    for (let left = MAX_CALM_EVENTS; left > 0 && this.#goesOn(); left--) {
      if (time.hasDeferred) time.runDeferred();
      else if (time.elapsedMs > endMs || this.#endings.isOver()) break;
      else time.runTimer();
      await turn();
      this.#check();
    }
    if (!this.#goesOn()) return;
    this.#operations.checkPromises();
    this.#endings.check(life);
    this.#readers.finish(life, this.#record);
  }
}
