import { runTransitions, type RunStatus, stepTransitions, type StepStatus } from "../../engine/core/states.ts";
import type { ShownEvent, ShownRecord } from "./shown-record.ts";
import type { World } from "./world.ts";

/** A run as its events tell of it. */
export interface ToldRun {
  readonly id: number;
  status: RunStatus;
  readonly steps: Map<number, ToldStep>;
}

export interface ToldStep {
  status: StepStatus;
  attempt: number;
  interruptions: number;
  /** Its cancel was recorded while it ran. */
  isCanceling: boolean;
}

interface RunRow {
  readonly status: RunStatus;
  readonly plan_id: number;
}

interface StepRow extends Omit<ToldStep, "isCanceling"> {
  readonly ordinal: number;
  readonly cancel_reason: string | null;
}

interface EventData {
  readonly attempt?: number;
  readonly interruptions?: number;
}

const runStatusOf: Readonly<Record<string, RunStatus>> = {
  "run.starting": "starting",
  "run.started": "running",
  "run.canceling": "canceling",
  "run.succeeded": "succeeded",
  "run.failed": "failed",
  "run.canceled": "canceled",
};

const stepStatusOf: Readonly<Record<string, StepStatus>> = {
  "step.waiting": "waiting",
  "step.started": "running",
  "step.retrying": "waiting",
  "step.interrupted": "waiting",
  "step.succeeded": "succeeded",
  "step.failed": "failed",
  "step.skipped": "skipped",
  "step.canceled": "canceled",
};

export interface HistoryParams {
  readonly world: World;
  readonly record: ShownRecord;
  /** Told each event once it was checked. */
  readonly onEvent: (event: ShownEvent, history: History) => void;
}

/** Reads each event once, as a second bookkeeper: what the events tell has to be what the rows say. */
export class History {
  readonly #params: HistoryParams;
  readonly runs = new Map<number, ToldRun>();
  seq = 0;

  constructor(params: HistoryParams) {
    this.#params = params;
  }

  /** Reads what is new; false where nothing is. */
  read(): boolean {
    const { record, world } = this.#params;
    const events = record.events(this.seq);
    const touched = new Set<number>();
    for (const event of events) {
      world.hold("S4", event.seq === this.seq + 1, () => `event ${event.seq} follows ${this.seq}`);
      this.seq = event.seq;
      world.tell(`  event ${event.seq} ${event.type} ${event.run_id ?? ""} ${event.ordinal ?? ""}`);
      if (event.run_id !== null) touched.add(event.run_id);
      this.#fold(event);
      this.#params.onEvent(event, this);
    }
    for (const id of touched) this.#compare(id);
    return events.length > 0;
  }

  step(runId: number, ordinal: number): ToldStep {
    const run = this.runs.get(runId);
    const step = run?.steps.get(ordinal) ?? { status: "pending", attempt: 0, interruptions: 0, isCanceling: false };
    run?.steps.set(ordinal, step);
    return step;
  }

  live(): readonly ToldRun[] {
    return [...this.runs.values()].filter((run) => ["starting", "running", "canceling"].includes(run.status));
  }

  #fold(event: ShownEvent): void {
    if (event.run_id === null) return;
    if (event.type === "run.queued") {
      this.#params.world.hold("S3", !this.runs.has(event.run_id), () => `run ${event.run_id} is queued twice`);
      this.runs.set(event.run_id, { id: event.run_id, status: "queued", steps: new Map() });
      return;
    }
    const run = this.runs.get(event.run_id);
    if (run === undefined) {
      this.#params.world.violate("S3", `${event.type} of run ${event.run_id}, which was never queued`);
      return;
    }
    if (event.ordinal === null) this.#foldRun(run, event);
    else if (event.type !== "step.warning") this.#foldStep(run, event, event.ordinal);
  }

  #foldRun(run: ToldRun, event: ShownEvent): void {
    const status = runStatusOf[event.type];
    if (status === undefined) return;
    const allowed: readonly RunStatus[] = runTransitions[run.status];
    this.#params.world.hold(
      "S3",
      allowed.includes(status),
      () => `run ${run.id} goes from ${run.status} to ${status} (event ${event.seq})`,
    );
    run.status = status;
  }

  #foldStep(run: ToldRun, event: ShownEvent, ordinal: number): void {
    const { world } = this.#params;
    const status = stepStatusOf[event.type];
    const what = `step ${ordinal} of run ${run.id}`;
    if (event.type === "step.canceling") {
      const canceled = this.step(run.id, ordinal);
      world.hold("S3", canceled.status === "running", () => `${what} is being canceled, but is ${canceled.status}`);
      canceled.isCanceling = true;
    }
    if (status === undefined) return;
    const step = this.step(run.id, ordinal);
    const heedsCancel = !step.isCanceling || status === "canceled" || event.type === "step.interrupted";
    world.hold("S2", heedsCancel, () => `${event.type} (event ${event.seq}) of ${what}, which was being canceled`);
    const allowed: readonly StepStatus[] = stepTransitions[step.status];
    const isAllowed = allowed.includes(status) || (status === "waiting" && step.status === "waiting");
    world.hold("S3", isAllowed, () => `${what} goes from ${step.status} to ${status} (event ${event.seq})`);
    const runGoesOn = ["starting", "running", "canceling"].includes(run.status);
    world.hold("S3", runGoesOn, () => `${event.type} of ${what}, which is ${run.status}`);
    const data = (event.data === null ? {} : JSON.parse(event.data)) as EventData;
    if (event.type === "step.started") {
      const attempt = data.attempt ?? 1;
      world.hold("S3", attempt === step.attempt + 1, () => `${what} starts attempt ${attempt} after ${step.attempt}`);
      step.attempt = attempt;
    }
    if (event.type === "step.interrupted") step.interruptions++;
    step.status = status;
  }

  /** What the rows of a run say, against what its events told. */
  #compare(id: number): void {
    const { world, record } = this.#params;
    const told = this.runs.get(id);
    const [run] = record.rows<RunRow>("SELECT status, plan_id FROM runs WHERE id = ?", id);
    world.hold(
      "S3",
      run?.status === told?.status,
      () => `run ${id} is ${run?.status}, but was told as ${told?.status}`,
    );
    if (told === undefined || run === undefined) return;
    const rows = record.rows<StepRow>(
      "SELECT ordinal, status, attempt, interruptions, cancel_reason FROM steps WHERE run_id = ?",
      id,
    );
    for (const row of rows) {
      const step = this.step(id, row.ordinal);
      const isSame =
        row.status === step.status &&
        row.attempt === step.attempt &&
        row.interruptions === step.interruptions &&
        (row.cancel_reason !== null) === step.isCanceling;
      world.hold(
        "S3",
        isSame,
        () => `step ${row.ordinal} of run ${id} is ${JSON.stringify(row)}, was told ${JSON.stringify(step)}`,
      );
    }
    world.hold(
      "S3",
      rows.length === told.steps.size,
      () => `run ${id} has ${rows.length} steps, ${told.steps.size} told`,
    );
    if (!["succeeded", "failed", "canceled"].includes(run.status)) return;
    const planned = record.plan(run.plan_id).steps.length;
    const open = rows.filter((row) => ["pending", "waiting", "running"].includes(row.status));
    const isWhole = run.status === "canceled" || rows.length === planned;
    world.hold(
      "S3",
      open.length === 0 && isWhole,
      () => `run ${id} has ended, but ${planned - rows.length + open.length} of its steps have not`,
    );
  }
}
