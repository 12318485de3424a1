import { join } from "node:path";
import { openDatabase } from "../../../engine/store/database.ts";
import { migrate } from "../../../engine/store/migrate.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";
import type { FloorResult, FloorTask } from "./floor-process.ts";
import { type FloorRecord, floorRecord } from "./floor-record.ts";

/** A process that makes the commits and the row writes of a row's runs on bare better-sqlite3, and tells its figures. */
const task = JSON.parse(process.argv[2] ?? "") as FloorTask;
await using folder = await temporaryFolder();
const db = openDatabase(join(folder.path, "floor.db"));
migrate(db, 0);
const stepsPerRun = task.inputs.length;
const record = floorRecord(db, { ...task, isBackfill: task.shape === "backfill" });
const commitMs: number[] = [];
const cpuAtStart = process.cpuUsage();
const startedAt = performance.now();
if (task.shape === "trigger") writeTriggers(record);
else if (task.shape === "chain") writeChains(record);
else writeBackfill(record);
const { user, system } = process.cpuUsage(cpuAtStart);
const result: FloorResult = {
  cpuSeconds: (user + system) / 1e6,
  seconds: (performance.now() - startedAt) / 1000,
  commitMs,
  counts: record.counts(),
};
db.close();
process.send?.(result);

function timed(write: () => void): void {
  const before = performance.now();
  record.begin();
  write();
  record.commit();
  commitMs.push(performance.now() - before);
}

/** Of each run two commits before its code runs, which count, and one after it. */
function writeTriggers(record: FloorRecord): void {
  for (let run = 0; run < task.runs; run++) {
    const before = performance.now();
    record.begin();
    record.queueRun(run);
    record.commit();
    record.begin();
    record.startRun(run);
    record.startStep(run, 0);
    record.commit();
    commitMs.push(performance.now() - before);
    record.begin();
    record.endStep(run, 0);
    record.endRun(run);
    record.commit();
  }
}

/** One commit a step: the end of one and the start of the next. */
function writeChains(record: FloorRecord): void {
  for (let run = 0; run < task.runs; run++) {
    record.begin();
    record.queueRun(run);
    record.commit();
    record.begin();
    record.startRun(run);
    record.startStep(run, 0);
    record.commit();
    for (let ordinal = 0; ordinal < stepsPerRun; ordinal++) {
      timed(() => {
        record.endStep(run, ordinal);
        if (ordinal + 1 < stepsPerRun) record.startStep(run, ordinal + 1);
        else record.endRun(run);
      });
    }
  }
}

/**
 * As many commits as the engine made, each with as much: the ends of some runs, the starts of the next and the rows of
 * those behind them, so that a run's rows are written in three commits, as in the engine.
 */
function writeBackfill(record: FloorRecord): void {
  record.addBackfill(task.runs);
  const groups = Math.max(1, task.commits - 2);
  const firstOf = (group: number): number => Math.min(task.runs, Math.max(0, Math.round((group * task.runs) / groups)));
  const each = (group: number, write: (run: number) => void): void => {
    for (let run = firstOf(group); run < firstOf(group + 1); run++) write(run);
  };
  for (let group = -2; group < groups; group++) {
    timed(() => {
      each(group, (run) => {
        record.endStep(run, stepsPerRun - 1);
        record.endRun(run);
      });
      each(group + 1, (run) => {
        record.startRun(run);
        for (let ordinal = 0; ordinal < stepsPerRun; ordinal++) {
          record.startStep(run, ordinal);
          if (ordinal + 1 < stepsPerRun) record.endStep(run, ordinal);
        }
      });
      each(group + 2, (run) => record.queueRun(run));
    });
  }
}
