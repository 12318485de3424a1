import type { Connection } from "../../../engine/store/database.ts";

/**
 * The row writes of runs, as bare statements on a database with the engine's tables, indexes and triggers: the rows that
 * the engine writes of them, in the columns that it writes, with nothing decided, read or made on the way.
 */
export interface FloorRecord {
  begin(): void;
  commit(): void;
  queueRun(run: number): void;
  /** The run and those of its first steps. */
  startRun(run: number): void;
  startStep(run: number, ordinal: number): void;
  endStep(run: number, ordinal: number): void;
  endRun(run: number): void;
  addBackfill(total: number): void;
  counts(): Readonly<Record<string, number>>;
}

export interface FloorRecordParams {
  readonly runs: number;
  readonly inputs: readonly number[];
  /** Whether runs belong to a backfill and have a partition each. */
  readonly isBackfill: boolean;
}

const AT_MS = 1_790_000_000_000;
const COUNTED = ["runs", "steps", "materializations", "materialization_inputs", "asset_partitions", "events"] as const;
const RUNS_PER_MS = 8;

export function floorRecord(db: Connection, { runs, inputs, isBackfill }: FloorRecordParams): FloorRecord {
  const stepsPerRun = inputs.length;
  const set = "INSERT INTO partition_sets (id, name, kind, dimensions) VALUES (1, 'keys', 'dynamic', '[]')";
  db.exec(set);
  const partition = db.prepare(
    "INSERT INTO partitions (id, set_id, key, state, added_at_ms, changed_at_ms) VALUES (?, 1, ?, 'active', ?, ?)",
  );
  const asset = db.prepare("INSERT INTO assets (id, key, set_id, defined) VALUES (?, ?, ?, 1)");
  const partitionId = (run: number): number => (isBackfill ? 1 + run : 0);
  db.transaction(() => {
    for (let run = 0; isBackfill && run < runs; run++) partition.run(partitionId(run), keyOf(run), AT_MS, AT_MS);
    for (let ordinal = 0; ordinal < stepsPerRun; ordinal++)
      asset.run(1 + ordinal, `asset/${ordinal}`, isBackfill ? 1 : 0);
    db.exec("INSERT INTO tag_sets (id, body) VALUES (1, '{}')");
    db.exec("INSERT INTO asset_sets (id, body) VALUES (1, '[]')");
    db.exec(
      `INSERT INTO run_plans (id, sha256, asset_set_id, step_count, body) VALUES (1, '', 1, ${stepsPerRun}, '{}')`,
    );
  })();
  const sql = statements(db);
  const event = (type: string, at: { run: number; ordinal?: number; data?: string }): void => {
    sql.event.run(AT_MS, type, at.run + 1, at.ordinal ?? null, at.data ?? null);
  };
  return {
    begin: () => void sql.begin.run(),
    commit: () => void sql.commit.run(),
    addBackfill: (total) => void sql.backfill.run(uidOf(runs), total, AT_MS),
    queueRun(run) {
      const backfill = isBackfill ? 1 : null;
      const kind = isBackfill ? "backfill" : "operator";
      sql.run.run(run + 1, uidOf(run), partitionId(run), kind, isBackfill ? uidOf(runs) : "bench", backfill, AT_MS);
      event("run.queued", { run, data: '{"reason":"asked for by the benchmark"}' });
    },
    startRun(run) {
      sql.startRun.run(AT_MS, run + 1);
      event("run.started", { run });
    },
    startStep(run, ordinal) {
      sql.startStep.run(run + 1, ordinal, partitionId(run), AT_MS);
      sql.live.run(1 + ordinal, partitionId(run), run + 1, ordinal);
      event("step.started", { run, ordinal });
    },
    endStep(run, ordinal) {
      sql.endStep.run(AT_MS, run + 1, ordinal);
      const attempt = `${uidOf(run)}/${ordinal}/1`;
      const made = sql.materialization.run(1 + ordinal, partitionId(run), run + 1, uidOf(run), ordinal, AT_MS, attempt);
      for (let input = 0; input < (inputs[ordinal] ?? 0); input++) {
        sql.input.run(made.lastInsertRowid, 1 + ((ordinal + input + 1) % stepsPerRun), partitionId(run), attempt);
      }
      const data = `{"materializations":[{"asset":"asset/${ordinal}","partition":"${keyOf(run)}","id":${run},"dataVersion":"${attempt}"}]}`;
      event("step.succeeded", { run, ordinal, data });
      sql.materialized.run(made.lastInsertRowid, run + 1, AT_MS, 1 + ordinal, partitionId(run));
    },
    endRun(run) {
      sql.endRun.run(AT_MS, run + 1);
      event("run.succeeded", { run });
      if (isBackfill) sql.countEnded.run();
    },
    counts: () =>
      Object.fromEntries(
        COUNTED.map((table) => [
          table,
          db.prepare<[], { count: number }>(`SELECT count(*) AS count FROM ${table}`).get()?.count ?? 0,
        ]),
      ),
  };
}

function statements(db: Connection) {
  return {
    begin: db.prepare("BEGIN IMMEDIATE"),
    commit: db.prepare("COMMIT"),
    event: db.prepare("INSERT INTO events (at_ms, type, run_id, ordinal, data) VALUES (?, ?, ?, ?, ?)"),
    backfill: db.prepare(
      "INSERT INTO backfills (uid, status, request, tag_set_id, priority, origin_kind, reason, total, created_at_ms) " +
        "VALUES (?, 'running', '{}', 1, 0, 'operator', 'asked for by the benchmark', ?, ?)",
    ),
    run: db.prepare(
      "INSERT INTO runs (id, uid, status, priority, plan_id, asset_set_id, tag_set_id, partition_id, partition_count, " +
        "origin_kind, origin_name, backfill_id, reason, created_at_ms) " +
        "VALUES (?, ?, 'queued', 0, 1, 1, 1, ?, 1, ?, ?, ?, 'asked for by the benchmark', ?)",
    ),
    startRun: db.prepare("UPDATE runs SET status = 'running', started_at_ms = ? WHERE id = ?"),
    endRun: db.prepare("UPDATE runs SET status = 'succeeded', ended_at_ms = ? WHERE id = ?"),
    startStep: db.prepare(
      "INSERT INTO steps (run_id, ordinal, status, partition_id, attempt, started_at_ms) VALUES (?, ?, 'running', ?, 1, ?)",
    ),
    endStep: db.prepare(
      "UPDATE steps SET status = 'succeeded', ended_at_ms = ? WHERE run_id = ? AND ordinal = ? AND status = 'running'",
    ),
    live: db.prepare(
      "INSERT INTO asset_partitions (asset_id, partition_id, live_run_id, live_ordinal) VALUES (?, ?, ?, ?) " +
        "ON CONFLICT (asset_id, partition_id) DO UPDATE SET live_run_id = excluded.live_run_id, live_ordinal = excluded.live_ordinal",
    ),
    materialization: db.prepare(
      "INSERT INTO materializations (asset_id, partition_id, run_id, run_uid, ordinal, at_ms, data_version, metadata, value_bytes) " +
        "VALUES (?, ?, ?, ?, ?, ?, ?, '{}', 0)",
    ),
    input: db.prepare(
      "INSERT INTO materialization_inputs (materialization_id, asset_id, partition_id, data_version) VALUES (?, ?, ?, ?)",
    ),
    materialized: db.prepare(
      "UPDATE asset_partitions SET materialization_id = ?, materialized_seq = ?, materialized_at_ms = ?, live_run_id = NULL, " +
        "live_ordinal = NULL WHERE asset_id = ? AND partition_id = ?",
    ),
    countEnded: db.prepare("UPDATE backfills SET succeeded = succeeded + 1 WHERE id = 1"),
  };
}

/** As long as a UUID of version 7, rising and random like one. */
function uidOf(run: number): string {
  const time = (AT_MS + Math.floor(run / RUNS_PER_MS)).toString(16).padStart(12, "0");
  const order = (run % RUNS_PER_MS).toString(16).padStart(3, "0");
  const random = ((run * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${order}-8000-0000${random}`;
}

function keyOf(run: number): string {
  return `key-${String(run).padStart(6, "0")}`;
}
