import Database from "better-sqlite3";
import type { RunStatus, StepStatus } from "../../engine/core/states.ts";
import type { PlannedStep, RunPlan } from "../../engine/core/plan.ts";
import { type PrunableQueries, prunableQueries } from "../../engine/store/care/prunable.ts";
import { name, type RunningCode } from "./step-code.ts";
import type { World } from "./world.ts";

export interface ShownEvent {
  readonly seq: number;
  readonly type: string;
  readonly run_id: number | null;
  readonly ordinal: number | null;
  readonly data: string | null;
}

export interface ShownRun {
  readonly id: number;
  readonly uid: string;
  readonly status: RunStatus;
  readonly plan_id: number;
  readonly tags: string;
  readonly set_name: string | null;
  readonly partition: string | null;
}

export interface ShownStep {
  readonly run_id: number;
  readonly ordinal: number;
  readonly status: StepStatus;
  readonly attempt: number;
  readonly interruptions: number;
  readonly partition: string;
  readonly partition_id: number;
  readonly retry_at_ms: number | null;
  readonly reason: string | null;
}

/** What a planned step makes, or the key of the check that it is. */
export function namesOf(step: PlannedStep | undefined): readonly string[] {
  return step?.check === undefined ? (step?.assets ?? []) : [step.check];
}

/** The record as another process would see it: what is committed, read over a connection of its own. */
export class ShownRecord {
  readonly #db: Database.Database;
  readonly #world: World;
  readonly #statements = new Map<string, Database.Statement>();
  readonly #plans = new Map<number, RunPlan>();
  #prunable: PrunableQueries | null = null;
  /** What was asked already of the state that is looked at. */
  #answers: Map<string, readonly unknown[]> | null = null;

  constructor(world: World) {
    this.#world = world;
    this.#db = new Database(`${world.folder}/sheaf.db`);
  }

  rows<R>(sql: string, ...params: readonly (string | number)[]): readonly R[] {
    const question = `${sql} ${params.join()}`;
    const known = this.#answers?.get(question);
    if (known !== undefined) return known as R[];
    const answer = this.#statement(sql).all(...params) as R[];
    this.#answers?.set(question, answer);
    return answer;
  }

  #statement(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    return statement;
  }

  /** Looks at several things in one state: whatever is asked twice is read once. */
  atOnce(look: () => void): void {
    this.#answers = new Map();
    this.#statement("BEGIN").run();
    try {
      look();
    } finally {
      this.#statement("COMMIT").run();
      this.#answers = null;
    }
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  events(afterSeq: number): readonly ShownEvent[] {
    return this.rows("SELECT seq, type, run_id, ordinal, data FROM events WHERE seq > ? ORDER BY seq", afterSeq);
  }

  runs(where: string, ...params: readonly (string | number)[]): readonly ShownRun[] {
    return this.rows(`${RUNS} WHERE ${where} ORDER BY r.priority DESC, r.id`, ...params);
  }

  steps(runId: number): readonly ShownStep[] {
    return this.rows(
      "SELECT s.*, p.key AS partition FROM steps s JOIN partitions p ON p.id = s.partition_id WHERE run_id = ? ORDER BY ordinal",
      runId,
    );
  }

  plan(planId: number): RunPlan {
    const known = this.#plans.get(planId);
    if (known !== undefined) return known;
    const [row] = this.rows<{ body: string }>("SELECT body FROM run_plans WHERE id = ?", planId);
    const plan = JSON.parse(row?.body ?? '{"steps":[]}') as RunPlan;
    this.#plans.set(planId, plan);
    return plan;
  }

  /** Code may begin only when the record says so. */
  checkRecordedAsRunning(code: RunningCode): void {
    const [run] = this.runs("r.uid = ?", code.runUid);
    const steps = run === undefined ? [] : this.steps(run.id);
    const plan = run === undefined ? { steps: [] } : this.plan(run.plan_id);
    const isRecorded = steps.some(
      (step) =>
        step.status === "running" &&
        step.attempt === code.attempt &&
        namesOf(plan.steps[step.ordinal])[0] === code.asset &&
        (code.partition === null || step.partition === code.partition),
    );
    this.#world.hold("S5", isRecorded, () => `${name(code)} begins, but the record says ${JSON.stringify(steps)}`);
  }

  /** What retention may let go of. */
  lookFor<N extends keyof PrunableQueries>(
    name: N,
    params: Parameters<PrunableQueries[N]>[0],
  ): ReturnType<PrunableQueries[N]> {
    this.#prunable ??= prunableQueries(this.#db);
    const look = this.#prunable[name] as (given: typeof params) => ReturnType<PrunableQueries[N]>;
    return look(params);
  }

  close(): void {
    this.#db.close();
  }
}

const RUNS =
  "SELECT r.id, r.uid, r.status, r.plan_id, t.body AS tags, p.key AS partition, s.name AS set_name FROM runs r " +
  "JOIN tag_sets t ON t.id = r.tag_set_id LEFT JOIN partitions p ON p.id = r.partition_id AND p.id <> 0 " +
  "LEFT JOIN partition_sets s ON s.id = p.set_id";
