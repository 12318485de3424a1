import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A deliberate fault: one line of the engine, changed so that it breaks a rule, which the simulation has to notice. */
export interface Mutation {
  readonly name: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly line: string;
  readonly becomes: string;
}

export const mutations: readonly Mutation[] = [
  {
    name: "a slot is not released when its step ends",
    file: "engine/runtime/transitions.ts",
    line: "if (pool !== null && tx.steps.releaseSlots(execution.run.id, step.ordinal)) freed.unshift(poolWait(pool));",
    becomes: "if (pool != null) freed.unshift(poolWait(pool));",
  },
  {
    name: "a slot is not released when a restart interrupts its step",
    file: "engine/runtime/recovery.ts",
    line: "tx.steps.releaseSlots(ref.runId, ref.ordinal);",
    becomes: "",
  },
  {
    name: "an event is written after the commit of its change",
    file: "engine/store/writer.ts",
    line: "const seq = tables.events.append(event, nowMs);",
    becomes:
      "const seq = tables.events.newestSeq() + 1; flush.afterCommit.push(() => void tables.events.append(event, nowMs));",
  },
  {
    name: "a change is acknowledged before its commit",
    file: "engine/store/writer.ts",
    line: "flush.settled.push(() => task.resolve(value));",
    becomes: "task.resolve(value); flush.settled.push(() => {});",
  },
  {
    name: "the epoch is not checked",
    file: "engine/store/writer.ts",
    line: "if (statements.epoch.get()?.epoch !== params.epoch) {",
    becomes: "if (params.epoch < 0) {",
  },
  {
    name: "an engine whose disk failed takes a lease back that another one has",
    file: "engine/store/lock.ts",
    line: "if (isRenewal && before?.holder !== holder.holder) {",
    becomes: "if (isRenewal && before === undefined) {",
  },
  {
    name: "the context of an attempt that is over is not revoked",
    file: "engine/runtime/attempt-code.ts",
    line: "const isLive = (): boolean => step.live === live && !live.isOver;",
    becomes: "const isLive = (): boolean => true;",
  },
  {
    name: "abandoned code does not keep its step from starting",
    file: "engine/runtime/step-starts.ts",
    line: "if (params.isAbandoned(step))",
    becomes: "if (params.isAbandoned(step) && false)",
  },
  {
    name: "a blocking check that failed keeps nobody back",
    file: "engine/runtime/evaluations.ts",
    line: 'if (evaluation.outcome !== "failed" || !check.blocking) return',
    becomes: "if (evaluation.outcome !== null) return",
  },
  {
    name: "a step starts though what it needs was skipped",
    file: "engine/runtime/verdicts.ts",
    line: 'return status === "succeeded" || (status === "skipped" && planned.check !== undefined && attempt > 0);',
    becomes: 'return status === "succeeded" || (status === "skipped" && attempt > 0);',
  },
  {
    name: "another run that makes the same partition is not waited for",
    file: "engine/runtime/step-starts.ts",
    line: "if (record?.live_run_id == null || record.live_run_id === execution.run.id) continue;",
    becomes: "if (record !== null) continue;",
  },
  {
    name: "a backfill does not count a run that has ended",
    file: "engine/runtime/run-ends.ts",
    line: "if (run.backfill_id !== null) tx.backfills.countEnded(run.backfill_id, end.status);",
    becomes:
      'if (run.backfill_id !== null && end.status !== "failed") tx.backfills.countEnded(run.backfill_id, end.status);',
  },
  {
    name: "an asset's counter is not taken back",
    file: "engine/store/migrations/0001_record.sql",
    line: "    failed = failed + (NEW.word = 'failed') - (OLD.word = 'failed'),\n    running",
    becomes: "    failed = failed + (NEW.word = 'failed'),\n    running",
  },
  {
    name: "an attempt that failed is not counted",
    file: "engine/runtime/attempt-ends.ts",
    line: "const attempt = step.attempt - step.interruptions;",
    becomes: "const attempt = 1;",
  },
  {
    name: "a restart runs succeeded steps again",
    file: "engine/runtime/execution.ts",
    line: 'status: row?.status ?? "pending",',
    becomes: 'status: row === undefined || row.status === "succeeded" ? "pending" : row.status,',
  },
  {
    name: "a restart forgets that a step was being canceled",
    file: "engine/runtime/execution.ts",
    line: "cancelReason: row?.cancel_reason ?? null,",
    becomes: "cancelReason: null,",
  },
  {
    name: "a cancel is recorded before the code is gone",
    file: "engine/runtime/executor.ts",
    line: "for (const step of execution.steps) abortAfterCommit(tx, step, reason);",
    becomes:
      'for (const step of execution.steps) { abortAfterCommit(tx, step, reason); moves.endStep(tx, { execution, step }, { status: "canceled", reason }); }',
  },
  {
    name: "an attempt ends before its containers are gone",
    file: "engine/runtime/external-work/attempt-containers.ts",
    line: "await Promise.all(going.map((row) => removal.ofWork(row, onWait)));",
    becomes: "for (const row of going) removal.ofWork(row, onWait).catch(() => {});",
  },
  {
    name: "a run key is not recorded",
    file: "engine/runtime/run-maker.ts",
    line: "tx.automations.putRunKey({ origin: originKey(origin), runKey: key, policy, ...made, nowMs: tx.nowMs });",
    becomes: "void [key, policy, made, tx];",
  },
  {
    name: "those who wait for what a step held are not woken",
    file: "engine/runtime/transitions.ts",
    line: 'return freed.map((what) => ({ type: "wake", what }));',
    becomes: "return freed.flatMap(() => []);",
  },
  {
    name: "the end of a run does not wake the dispatcher",
    file: "engine/runtime/engine-life.ts",
    line: '  "run.succeeded",\n  "run.failed",',
    becomes: '  "run.failed",',
  },
  {
    name: "a limit lets one run too many begin",
    file: "engine/core/limits.ts",
    line: "if (holders.length < limit.maximum) continue;",
    becomes: "if (holders.length <= limit.maximum) continue;",
  },
  {
    name: "a sensor's cursor passes events that came while it looked",
    file: "engine/runtime/sensor-loop.ts",
    line: "        scheduledAtMs: null,\n        eventsSeq: sensed.untilSeq,",
    becomes: "        scheduledAtMs: null,\n        eventsSeq: store.tables.events.newestSeq(),",
  },
];

/** Throws where the line is not in its file exactly once: the engine has changed, and this mutation has to follow. */
export function mutatedSource({ file, line, becomes, name }: Mutation): string {
  const source = readFileSync(path.join(root, file), "utf8");
  const parts = source.split(line);
  if (parts.length !== 2) throw new Error(`"${name}": ${file} holds its line ${parts.length - 1} times: ${line}`);
  return parts.join(becomes);
}
