import type { PartitionRequest } from "../../engine/runtime/operations.ts";
import { MAKING_AUTOMATIONS, POLICIES, WATCHING_SENSOR } from "./automations.ts";
import type { Life } from "./life.ts";
import type { AskedLimit, LimitsModel } from "./limits-model.ts";
import { drawKey, NAMES, POOLS, type ProgramDraft, TEAMS } from "./program.ts";
import type { Readers } from "./readers.ts";
import type { ShownRecord } from "./shown-record.ts";
import type { World } from "./world.ts";

export interface OperationsParams {
  readonly world: World;
  readonly record: ShownRecord;
  readonly draft: ProgramDraft;
  readonly limits: LimitsModel;
  readonly readers: Readers;
}

interface CanceledStep {
  readonly uid: string;
  readonly step: number;
}

const actor = { name: "someone", role: "operator" } as const;

/** What people and programs ask of an engine, and what they were promised. */
export class Operations {
  readonly #params: OperationsParams;
  /** Runs and backfills that somebody was told of. */
  readonly #promised = new Set<string>();
  /** Steps whose cancel was acknowledged. */
  readonly #canceled: CanceledStep[] = [];

  constructor(params: OperationsParams) {
    this.#params = params;
  }

  /** Asks for something. */
  ask(life: Life): void {
    const operation = this.#params.world.chance.weighted<(life: Life) => void>([
      [24, (one) => this.#materialize(one)],
      [18, (one) => this.#trigger(one)],
      [8, (one) => this.#cancelRun(one)],
      [6, (one) => this.#cancelStep(one)],
      [5, (one) => this.#reexecute(one)],
      [3, (one) => this.#setPriority(one)],
      [3, (one) => this.#cancelBackfill(one)],
      [6, (one) => this.#setLimit(one)],
      [10, (one) => this.#changePartitions(one)],
      [3, (one) => this.#setAutomation(one)],
      [5, (one) => this.#evaluate(one)],
      [8, (one) => this.#params.readers.look(one)],
    ]);
    operation(life);
  }

  /** What was acknowledged is there. */
  checkPromises(): void {
    const { record, world } = this.#params;
    const there = new Set(
      record.rows<{ uid: string }>("SELECT uid FROM runs UNION ALL SELECT uid FROM backfills").map((row) => row.uid),
    );
    for (const uid of this.#promised) world.hold("S2", there.has(uid), () => `${uid} was acknowledged and is lost`);
    for (const canceled of this.#canceled) this.#checkCanceled(canceled);
  }

  /** It has ended as canceled, or is on record as being canceled; that it ends so then, its history says. */
  #checkCanceled({ uid, step }: CanceledStep): void {
    const { record, world } = this.#params;
    const [row] = record.rows<{ status: string; cancel_reason: string | null }>(
      "SELECT s.status, s.cancel_reason FROM steps s JOIN runs r ON r.id = s.run_id WHERE r.uid = ? AND s.ordinal = ?",
      uid,
      step,
    );
    const goesOn = row?.status === "running" || row?.status === "waiting";
    const isCanceled = row?.status === "canceled" || (goesOn && row?.cancel_reason !== null);
    world.hold("S2", isCanceled, () => `the cancel of step ${step} of ${uid} was acknowledged: ${JSON.stringify(row)}`);
  }

  /** Lets everything come to its end: nothing makes new runs, and no limit keeps all out. */
  calmDown(life: Life): void {
    for (const name of MAKING_AUTOMATIONS)
      life.ask((engine) => engine.commands.setAutomation(name, { enabled: false, actor }), {});
    life.ask((engine) => engine.commands.setAutomation(WATCHING_SENSOR, { enabled: true, actor }), {});
    for (const pool of POOLS) this.#changeLimit(life, { kind: "pool", key: pool, value: "", maximum: 2 });
    for (const key of ["team", "name"]) this.#changeLimit(life, { kind: "tag_value", key, value: "", maximum: 2 });
    for (const value of TEAMS) this.#changeLimit(life, { kind: "tag", key: "team", value, maximum: 2 });
    this.#changeLimit(life, { kind: "runs", key: "", value: "", maximum: 20 });
  }

  addFirstKeys(life: Life): void {
    const { chance } = this.#params.world;
    this.#add(life, { set: "names", keys: chance.some(NAMES, 70) });
    const pairs = this.#params.draft.sets.find((set) => set.kind === "product");
    if (pairs === undefined) return;
    const keys = Array.from({ length: chance.between(1, 5) }, () => drawKey(pairs, chance));
    this.#add(life, { set: pairs.name, keys });
  }

  #promise(what: string, uids: readonly string[]): void {
    this.#params.world.tell(`  acknowledged: ${what} ${uids.map((uid) => uid.slice(-6)).join(" ")}`);
    for (const uid of uids) this.#promised.add(uid);
    this.checkPromises();
  }

  #materialize(life: Life): void {
    const { world, draft } = this.#params;
    const { chance } = world;
    const all = draft.steps.flatMap((step) => step.assets);
    const assets = [...new Set([chance.pick(all), ...chance.some(all, 20)])];
    const partitions = this.#drawPartitions();
    const runKey = chance.percent(25) ? `m${chance.below(3)}` : undefined;
    world.tell(`materialize ${assets.join(" ")} of ${JSON.stringify(partitions)} ${runKey ?? ""}`);
    const priority = chance.percent(20) ? chance.between(-2, 3) : undefined;
    const tags = chance.percent(30) ? { team: chance.pick(TEAMS) } : undefined;
    life.ask((engine) => engine.commands.materialize({ assets, partitions, runKey, priority, tags }, actor), {
      ok: ({ runs, backfill }) => this.#promise("made", backfill === null ? runs : [backfill, ...runs]),
    });
  }

  #drawPartitions(): PartitionRequest {
    const { chance } = this.#params.world;
    const set = chance.pick(this.#params.draft.sets);
    return chance.weighted<() => PartitionRequest>([
      [3, () => "all"],
      [2, () => "missing"],
      [1, () => "failed"],
      [6, () => [drawKey(set, chance)]],
      [2, () => [...new Set([drawKey(set, chance), drawKey(set, chance)])]],
    ])();
  }

  #trigger(life: Life): void {
    const { world, draft } = this.#params;
    const { chance } = world;
    const job = chance.pick(draft.jobs);
    const set = job.steps.map((step) => draft.steps[step]?.set ?? null).find((one) => one !== null);
    const partition = set === undefined || set === null ? undefined : drawKey(set, chance);
    const key = chance.below(3);
    const [runKey, keyPolicy] = chance.percent(40) ? [`t${key}`, POLICIES[key]] : [];
    world.tell(`trigger ${job.name} of ${partition} ${runKey ?? ""}`);
    life.ask((engine) => engine.commands.triggerJob(job.name, { partition, runKey, keyPolicy, actor }), {
      ok: ({ run, created }) => this.#promise(created ? "triggered" : "found", [run]),
    });
  }

  #anyRun(where: string): string | null {
    const rows = this.#params.record.rows<{ uid: string }>(
      `SELECT uid FROM runs WHERE ${where} ORDER BY id DESC LIMIT 12`,
    );
    return rows.length === 0 ? null : this.#params.world.chance.pick(rows).uid;
  }

  #cancelRun(life: Life): void {
    const { world, record } = this.#params;
    const uid = this.#anyRun(world.chance.percent(90) ? "ended_at_ms IS NULL" : "true");
    if (uid === null) return;
    world.tell(`cancel run ${uid.slice(-6)}`);
    life.ask((engine) => engine.commands.cancelRun(uid, actor), {
      ok: () => {
        const [run] = record.runs("r.uid = ?", uid);
        const isCanceled = run?.status === "canceling" || run?.status === "canceled";
        world.hold("S2", isCanceled, () => `the cancel of run ${uid} was acknowledged, but it is ${run?.status}`);
      },
    });
  }

  #cancelStep(life: Life): void {
    const uid = this.#anyRun("status IN ('starting', 'running')");
    if (uid === null) return;
    const [run] = this.#params.record.runs("r.uid = ?", uid);
    const count = run === undefined ? 1 : this.#params.record.plan(run.plan_id).steps.length;
    const step = this.#params.world.chance.below(count);
    this.#params.world.tell(`cancel step ${step} of run ${uid.slice(-6)}`);
    life.ask((engine) => engine.commands.cancelStep(uid, { step, actor }), {
      ok: () => {
        this.#canceled.push({ uid, step });
        this.#checkCanceled({ uid, step });
      },
    });
  }

  #reexecute(life: Life): void {
    const { chance } = this.#params.world;
    const uid = this.#anyRun("ended_at_ms IS NOT NULL");
    if (uid === null) return;
    const from = chance.pick(["failure", "all", { step: 0 }] as const);
    this.#params.world.tell(`re-execute run ${uid.slice(-6)} from ${JSON.stringify(from)}`);
    life.ask((engine) => engine.commands.reexecute(uid, { from, actor }), {
      ok: (run) => this.#promise("re-executed as", [run]),
    });
  }

  #setPriority(life: Life): void {
    const uid = this.#anyRun("status = 'queued'");
    if (uid === null) return;
    const priority = this.#params.world.chance.between(-3, 3);
    this.#params.world.tell(`give run ${uid.slice(-6)} the priority ${priority}`);
    life.ask((engine) => engine.commands.setPriority(uid, { priority, actor }), {});
  }

  #cancelBackfill(life: Life): void {
    const rows = this.#params.record.rows<{ uid: string }>("SELECT uid FROM backfills WHERE ended_at_ms IS NULL");
    if (rows.length === 0) return;
    const { uid } = this.#params.world.chance.pick(rows);
    this.#params.world.tell(`cancel backfill ${uid.slice(-6)}`);
    life.ask((engine) => engine.commands.cancelBackfill(uid, actor), {});
  }

  #setLimit(life: Life): void {
    const { chance } = this.#params.world;
    const maximum = chance.percent(20) ? null : chance.between(0, 3);
    const limit = chance.weighted<AskedLimit>([
      [3, { kind: "runs", key: "", value: "", maximum }],
      [4, { kind: "pool", key: chance.pick(POOLS), value: "", maximum }],
      [2, { kind: "tag_value", key: chance.pick(["team", "name"]), value: "", maximum }],
      [2, { kind: "tag", key: "team", value: chance.pick(TEAMS), maximum }],
    ]);
    this.#changeLimit(life, limit);
  }

  #changeLimit(life: Life, limit: AskedLimit): void {
    const { limits, world } = this.#params;
    world.tell(`limit ${limit.kind} ${limit.key} ${limit.value} to ${limit.maximum}`);
    limits.ask(limit);
    life.ask((engine) => engine.commands.setLimit(limit, actor), { ok: () => limits.acknowledge(limit) });
  }

  #changePartitions(life: Life): void {
    const { chance } = this.#params.world;
    const set = chance.pick(this.#params.draft.sets.filter((one) => one.kind !== "static"));
    const keys = [drawKey(set, chance)];
    if (chance.percent(70)) this.#add(life, { set: set.name, keys });
    else {
      this.#params.world.tell(`retire ${keys.join(" ")} of ${set.name}`);
      life.ask((engine) => engine.commands.retirePartitions(set.name, { keys, actor }), {});
    }
  }

  #add(life: Life, { set, keys }: { readonly set: string; readonly keys: readonly string[] }): void {
    const { world, record } = this.#params;
    world.tell(`add ${keys.join(" ")} to ${set}`);
    life.ask((engine) => engine.commands.addPartitions(set, { keys, actor }), {
      ok: () => {
        const there = record.rows<{ key: string }>(
          "SELECT p.key FROM partitions p JOIN partition_sets s ON s.id = p.set_id WHERE s.name = ?",
          set,
        );
        const lost = keys.find((key) => !there.some((row) => row.key === key));
        world.hold("S2", lost === undefined, () => `the key ${lost} of ${set} was acknowledged and is lost`);
      },
    });
  }

  #setAutomation(life: Life): void {
    const { world } = this.#params;
    const { chance } = world;
    const name = chance.pick([...MAKING_AUTOMATIONS, WATCHING_SENSOR]);
    const enabled = chance.percent(60);
    world.tell(`turn ${name} ${enabled ? "on" : "off"}`);
    life.ask((engine) => engine.commands.setAutomation(name, { enabled, actor }), {});
  }

  #evaluate(life: Life): void {
    const { chance } = this.#params.world;
    if (chance.percent(50)) {
      const name = chance.pick(["poll", WATCHING_SENSOR]);
      life.ask(async (engine) => engine.commands.wakeSensor(name), {});
    }
  }
}
