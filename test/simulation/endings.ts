import { WATCHING_SENSOR } from "./automations.ts";
import type { ContainerWorld } from "./container-world.ts";
import type { Life } from "./life.ts";
import { type ProgramDraft, SEEN_SET } from "./program.ts";
import { namesOf, type ShownEvent, type ShownRecord } from "./shown-record.ts";
import { name, type SimulatedCode } from "./step-code.ts";
import type { World } from "./world.ts";

export interface EndingsParams {
  readonly world: World;
  readonly record: ShownRecord;
  readonly draft: ProgramDraft;
  readonly code: SimulatedCode;
  readonly containers: ContainerWorld;
}

const END = /^run\.(succeeded|failed|canceled)$|^step\.(succeeded|failed|skipped|canceled|retrying)$/;

/** What has ended is gone, and in the end everything has. */
export class Endings {
  readonly #world: World;
  readonly #record: ShownRecord;
  readonly #draft: ProgramDraft;
  readonly #code: SimulatedCode;
  readonly #containers: ContainerWorld;
  readonly #materialized: string[] = [];

  constructor(params: EndingsParams) {
    this.#world = params.world;
    this.#record = params.record;
    this.#draft = params.draft;
    this.#code = params.code;
    this.#containers = params.containers;
  }

  hear(event: ShownEvent): void {
    if (event.type === "step.succeeded") this.#noteMaterialized(event);
    if (END.test(event.type)) this.#checkGone(event);
  }

  /** Whether all has come to its end. */
  isOver(): boolean {
    return this.#open().length === 0 && this.#unseen().length === 0 && this.#containersLeft().length === 0;
  }

  #open(): readonly string[] {
    return this.#record
      .rows<{ what: string }>(
        "SELECT 'run ' || id || ' ' || status AS what FROM runs WHERE ended_at_ms IS NULL UNION ALL " +
          "SELECT 'backfill ' || id || ' ' || status FROM backfills WHERE ended_at_ms IS NULL",
      )
      .map((row) => row.what);
  }

  /** On their host, or on record. */
  #containersLeft(): readonly string[] {
    const rows = this.#record.rows<{ name: string }>("SELECT name FROM external_work");
    return [...this.#containers.host.containers.map(({ spec }) => spec.name), ...rows.map(({ name }) => name)];
  }

  #unseen(): readonly string[] {
    const seen = new Set(
      this.#record
        .rows<{ key: string }>(
          "SELECT p.key FROM partitions p JOIN partition_sets s ON s.id = p.set_id WHERE s.name = ?",
          SEEN_SET,
        )
        .map((row) => row.key),
    );
    return this.#materialized.filter((key) => !seen.has(key));
  }

  check(life: Life): void {
    const world = this.#world;
    world.hold("S16", this.#open().length === 0, () => `does not end: ${this.#open().slice(0, 5).join(", ")}`);
    const held = this.#record.rows("SELECT * FROM slots");
    world.hold("S9", held.length === 0, () => `slots are held by nobody: ${JSON.stringify(held)}`);
    world.hold("S4", this.#unseen().length === 0, () => `${WATCHING_SENSOR} missed ${this.#unseen().join(", ")}`);
    world.hold(
      "S7",
      this.#containersLeft().length === 0,
      () => `containers are left: ${this.#containersLeft().join()}`,
    );
    const health = life.engine?.health();
    world.hold(
      "S7",
      health?.runningSteps === 0 && health.runningRuns === 0,
      () => `all has ended, but the engine says ${JSON.stringify(health)}`,
    );
  }

  /** Whatever has ended, its code has: it has settled, or was given up after its grace. */
  #checkGone({ type, run_id: runId, ordinal, seq }: ShownEvent): void {
    const running = [...this.#code.running].filter((code) => !this.#code.isAbandoned(code));
    if (running.length + this.#containers.host.containers.length === 0) return;
    const [run] = this.#record.runs("r.id = ?", runId ?? 0);
    if (run === undefined) return;
    for (const { spec } of this.#containers.running({ runUid: run.uid, ordinal })) {
      this.#world.violate("S7", `${type} (event ${seq}) while container ${spec.name} runs`);
    }
    const { steps } = this.#record.plan(run.plan_id);
    for (const code of running) {
      if (code.runUid !== run.uid) continue;
      if (ordinal !== null && !namesOf(steps[ordinal]).includes(code.asset)) continue;
      const rows = ordinal === null ? [] : this.#record.steps(run.id).filter((row) => row.ordinal === ordinal);
      if (code.partition !== null && rows.some((row) => row.partition !== code.partition)) continue;
      this.#world.violate("S7", `${type} (event ${seq}) while ${name(code)} still runs`);
    }
  }

  #noteMaterialized({ seq, data }: ShownEvent): void {
    const watched = this.#draft.steps[this.#draft.watchedStep]?.assets[0];
    const { materializations = [] } = JSON.parse(data ?? "{}") as {
      materializations?: readonly { asset: string; partition: string | null }[];
    };
    for (const { asset, partition } of materializations) {
      if (asset === watched) this.#materialized.push(`${seq} ${partition ?? ""}`);
    }
  }
}
