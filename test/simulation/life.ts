import Database from "better-sqlite3";
import { isEngineError } from "../../engine/core/errors.ts";
import type { RecordedEvent } from "../../engine/core/events.ts";
import type { FaultPoint, FaultPoints } from "../../engine/core/ports/fault-points.ts";
import type { Clock, IdSource, Scheduler } from "../../engine/core/ports/time.ts";
import { uuidV7 } from "../../engine/core/uuid-v7.ts";
import { openEngine } from "../../engine/runtime/engine.ts";
import { DISK_PROBE_MS } from "../../engine/runtime/disk-watch.ts";
import type { Engine, EngineHealth } from "../../engine/runtime/operations.ts";
import type { FakeContainerHost } from "../rigs/containers/fake-container-host.ts";
import { severableHost } from "../rigs/containers/severable-host.ts";
import type { RecordCare } from "../../engine/store/care/care-thread.ts";
import { inlineWorkerPool } from "../rigs/inline-worker-pool.ts";
import { closeConnections } from "./connections.ts";
import type { Program } from "./program.ts";
import type { ShownRecord } from "./shown-record.ts";
import { killed, runFor, type StrayHearer } from "./strays.ts";
import type { World } from "./world.ts";

export const ABORT_GRACE_MS = 2000;
const RESUMES_WITHIN_MS = 3 * DISK_PROBE_MS;

/** What is thrown at an engine that should live with it. */
const injected = new Error("injected: something outside has failed");

/** What SQLite throws where the disk is full or fails. */
const diskErrors = [
  new Database.SqliteError("injected: database or disk is full", "SQLITE_FULL"),
  new Database.SqliteError("injected: disk I/O error", "SQLITE_IOERR_FSYNC"),
];

/** Where a failure is one of writing the record. */
export const storeFaults: readonly FaultPoint[] = [
  "flush.before-begin",
  "flush.before-commit",
  // The change is on disk, and whoever asked for it hears of an error.
  "flush.after-commit",
  "flush.before-settled",
  // The disk was well again.
  "recovery.before-going-on",
];

export interface LifeParams {
  readonly world: World;
  readonly containers: FakeContainerHost;
  readonly lookFor: ShownRecord["lookFor"];
  readonly program: (life: Life) => Program;
  readonly onEvents: (events: readonly RecordedEvent[]) => void;
  /** The disk is well again, and the engine has opened its record anew. */
  readonly onResumed: () => void;
}

/**
 * One engine from its opening to its end. All that it asks the outside for goes through the ports that it is given
 * here, and each such call is a point at which it can be killed: from there on nothing that it does has any effect.
 */
export class Life implements StrayHearer {
  readonly #params: LifeParams;
  readonly #host: ReturnType<typeof severableHost>;
  #pointsToLive: number | null = null;
  #fault: FaultPoint | null = null;
  isDead = false;
  /** It was told to stop. */
  isStopping = false;
  /** Its record could not be written, or was taken over: it must write nothing any more. */
  isCutOff = false;
  /** Null until it has been opened. */
  engine: Engine | null = null;
  isStarted = false;
  /** The disk has failed in this life, and whether the engine still waits for it to be well. */
  #diskFailed = false;
  #isSuspended = false;
  #disarmResume: () => void = () => {};

  constructor(params: LifeParams) {
    this.#params = params;
    this.#host = severableHost(params.containers);
  }

  get isReady(): boolean {
    return this.isStarted && !this.isDead && !this.isStopping && !this.isCutOff && !this.#isSuspended;
  }

  /** Whether its disk is. */
  get isWell(): boolean {
    return !this.#isSuspended;
  }

  /** Opens and starts the engine; resolves when it is started, never where it was killed meanwhile. */
  open(): Promise<void> {
    return runFor(this, () => this.#open());
  }

  async #open(): Promise<void> {
    const { world } = this.#params;
    try {
      const program = this.#params.program(this);
      const engine = await openEngine({
        project: "simulation",
        dataDir: world.folder,
        catalog: program.catalog,
        limits: program.limits,
        resources: new Map(),
        settings: {},
        clock: this.#clock(),
        scheduler: this.#scheduler(),
        ids: this.#ids(),
        workers: inlineWorkerPool(),
        host: "simulation",
        pid: 1,
        abortGraceMs: ABORT_GRACE_MS,
        onProblem: (problem) => this.#hearProblem(problem),
        faults: this.#faults(),
        containers: this.#host,
        care: this.#care(),
      });
      if (this.isDead) return;
      this.engine = engine;
      engine.onCommit((events) => {
        this.#reach();
        if (!this.isDead) this.#params.onEvents(events);
      });
      engine.onHealth(({ status }) => this.#hearStatus(status));
      await engine.start();
      this.isStarted = true;
    } catch (error) {
      if (this.isDead) return;
      // Whoever starts an engine on a disk that fails hears of it and starts it anew.
      if (this.#diskFailed) {
        this.#die();
        return;
      }
      world.violate("S1", `the engine does not open what its killed predecessor left: ${describe(error)}`);
    }
  }

  /** Dies once it has called the outside so many times more, or now. */
  kill(afterPoints: number | null): void {
    this.#pointsToLive = afterPoints;
    if (afterPoints === null) this.#die();
  }

  /** Nothing that was to befall it does. */
  spare(): void {
    this.#pointsToLive = null;
    this.#fault = null;
  }

  /** Makes something fail at a point, once, when it is next reached. */
  failAt(point: FaultPoint): void {
    this.#fault = point;
  }

  /** Does something with the engine; what comes of it after its death, nobody hears. */
  ask<T>(what: (engine: Engine) => Promise<T>, heard: Heard<T>): void {
    const { engine } = this;
    if (engine === null || this.isDead) return;
    void runFor(this, () => what(engine)).then(
      (value) => void (this.isDead || heard.ok?.(value)),
      (error: unknown) => void (this.isDead || this.#hearRefusal(error, heard)),
    );
  }

  #hearStatus(status: EngineHealth["status"]): void {
    if (this.isDead) return;
    this.#params.world.tell(`the engine is ${status}`);
    const wasSuspended = this.#isSuspended;
    // One that stops while it waits for its disk says that it stops.
    if (status !== "stopping") this.#isSuspended = status === "suspended";
    if (wasSuspended && status === "ok") this.#params.onResumed();
  }

  /** What a task of the loop throws would be nobody's, as in a real loop. */
  #runTask(task: () => void): void {
    try {
      runFor(this, task);
    } catch (error) {
      this.hearStray(error);
    }
  }

  hearStray(error: unknown): void {
    if (!this.isDead) this.#params.world.violate("S2", `nobody catches an error: ${describe(error)}`);
  }

  #hearRefusal(error: unknown, heard: Heard<never>): void {
    const { world } = this.#params;
    const code = isEngineError(error) ? error.code : "none";
    world.tell(`  refused: ${describe(error)}`);
    const isAllowed =
      error === injected ||
      refusals.has(code) ||
      (this.#diskFailed && code === "disk_failed") ||
      (this.isCutOff && cutOffRefusals.has(code));
    if (!isAllowed) world.violate("S2", `a command fails with what is no answer: ${describe(error)}`);
    heard.refused?.();
  }

  #hearProblem(problem: unknown): void {
    if (this.isDead || this.isCutOff || problem === injected) return;
    if (this.#diskFailed && isEngineError(problem, "disk_failed")) return;
    this.#params.world.violate("S2", `the engine has a problem of its own: ${describe(problem)}`);
  }

  #die(): void {
    if (this.isDead) return;
    this.isDead = true;
    const { world } = this.#params;
    world.tell("KILLED");
    world.time.drop(this);
    this.#host.sever();
    closeConnections(world.folder);
  }

  /** A call to the outside. */
  #reach(): void {
    if (this.isDead) throw killed;
    if (this.#pointsToLive === null || this.#pointsToLive-- > 0) return;
    this.#die();
    throw killed;
  }

  /** The real ones are threads; here they take a while. */
  #care(): RecordCare {
    const { lookFor } = this.#params;
    return {
      check: (_file, signal) => this.#later(signal, () => []),
      lookFor: (_file, { name, params, signal }) => this.#later(signal, () => lookFor(name, params)),
    };
  }

  #later<T>(signal: AbortSignal, task: () => T): Promise<T> {
    const { time, chance } = this.#params.world;
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const disarm = time.after(this, chance.between(0, 2000), () => resolve(task()));
      signal.addEventListener("abort", () => {
        disarm();
        reject(signal.reason as Error);
      });
    });
  }

  #faults(): FaultPoints {
    const { chance } = this.#params.world;
    return {
      reach: (point) => {
        this.#reach();
        if (this.#fault !== point) return;
        this.#fault = null;
        this.#params.world.tell(`FAULT at ${point}`);
        if (!storeFaults.includes(point)) throw injected;
        if (chance.percent(60)) this.#failDisk(chance.pick(diskErrors));
        this.isCutOff = true;
        throw injected;
      },
    };
  }

  #failDisk(error: Error): never {
    this.#diskFailed = true;
    this.#isSuspended = true;
    this.#expectToResume();
    throw error;
  }

  /** Counted from the newest failure. */
  #expectToResume(): void {
    const { world } = this.#params;
    this.#disarmResume();
    this.#disarmResume = world.time.afterRest(this, RESUMES_WITHIN_MS, () => {
      const isWell = !this.#isSuspended || this.isStopping || this.isCutOff;
      world.hold("S15", isWell, () => `the disk has been well for ${RESUMES_WITHIN_MS} ms, and the engine still waits`);
    });
  }

  #clock(): Clock {
    const { time, chance } = this.#params.world;
    return {
      now: () => {
        this.#reach();
        return time.wallMs;
      },
      monotonic: () => {
        this.#reach();
        // Now and then the computer is slow, and a flush uses up its time.
        if (!this.#params.world.isCalm && chance.percent(2)) time.elapsedMs += 6;
        return time.elapsedMs;
      },
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          signal?.throwIfAborted();
          const disarm = time.after(this, ms, resolve);
          signal?.addEventListener("abort", () => {
            disarm();
            reject(signal.reason as Error);
          });
        }),
    };
  }

  #scheduler(): Scheduler {
    const { time } = this.#params.world;
    return {
      defer: (task) => {
        this.#reach();
        time.defer(this, () => this.#runTask(task));
      },
      after: (ms, task) => {
        this.#reach();
        return time.after(this, ms, () => this.#runTask(task));
      },
    };
  }

  #ids(): IdSource {
    const { time, chance } = this.#params.world;
    const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => chance.below(256));
    const uuid = uuidV7({ now: () => time.wallMs, randomBytes: bytes });
    return {
      uuid: () => {
        this.#reach();
        return uuid();
      },
      random: () => {
        this.#reach();
        return chance.below(1_000_000) / 1_000_000;
      },
      secret: (count) => Buffer.from(bytes(count)).toString("base64url"),
    };
  }
}

export interface Heard<T> {
  readonly ok?: (value: T) => void;
  readonly refused?: () => void;
}

/** What a command may answer instead of doing what it was asked for. */
const refusals: ReadonlySet<string> = new Set(["not_found", "invalid_request", "conflict", "too_large"]);
const cutOffRefusals: ReadonlySet<string> = new Set(["internal", "locked"]);

export function describe(error: unknown): string {
  return error instanceof Error ? `${isEngineError(error) ? `${error.code}: ` : ""}${error.message}` : String(error);
}
