import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { type SeededRandom, seededRandom } from "../../../rigs/seeded-random.ts";
import { temporaryFolder } from "../../../rigs/temporary-folder.ts";

const CHILD = fileURLToPath(new URL("./engine-child.ts", import.meta.url));
const KILLS = 6;
/** Steps that a life of the engine makes at least, so that what was cut off has ended before the next kill. */
const MIN_STEPS = 20;
const MORE_STEPS = 25;
/** A life that takes longer hangs. */
const LIFE_LIMIT_MS = 120_000;
const SEED = Number(process.env["SHEAF_TEST_SEED"] ?? "1");

/** One life of the engine: killed after so many steps, or until it has done all. Returns how it ended. */
async function live(folder: string, killAfterSteps: number | null): Promise<"killed" | "done"> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", CHILD, folder], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: LIFE_LIMIT_MS,
    killSignal: "SIGKILL",
  });
  using _killed = { [Symbol.dispose]: () => void child.kill("SIGKILL") };
  let errors = "";
  child.stderr.on("data", (data: Buffer) => (errors += data.toString()));
  let made = 0;
  let isDone = false;
  createInterface(child.stdout).on("line", (line) => {
    if (line === "made" && ++made === killAfterSteps) child.kill("SIGKILL");
    isDone ||= line === "done";
  });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  assert.equal(errors, "");
  if (signal === "SIGKILL" && !isDone) return "killed";
  assert.deepEqual([code, isDone], [0, true]);
  return "done";
}

async function killSomeTimes(folder: string, random: SeededRandom): Promise<number> {
  for (let kill = 0; kill < KILLS; kill++) {
    assert.equal(await live(folder, MIN_STEPS + random.below(MORE_STEPS)), "killed", `it was killed ${kill} times`);
  }
  assert.equal(await live(folder, null), "done");
  return KILLS + 1;
}

/** What must have no row, whatever happened. */
const contradictions: Readonly<Record<string, string>> = {
  "a broken reference": "PRAGMA foreign_key_check",
  "a run that has not ended":
    "SELECT uid, status FROM runs WHERE ended_at_ms IS NULL OR status NOT IN ('succeeded', 'failed')",
  "a step that has not ended": "SELECT * FROM steps WHERE status NOT IN ('succeeded', 'failed', 'skipped')",
  "a backfill that has not ended": "SELECT * FROM backfills WHERE ended_at_ms IS NULL",
  "a slot that is held": "SELECT * FROM slots",
  "a partition that is being made": "SELECT * FROM asset_partitions WHERE live_run_id IS NOT NULL",
  "two runs of one key":
    "SELECT run_key FROM runs WHERE run_key IS NOT NULL GROUP BY origin_kind, run_key HAVING count(*) > 1",
  "a run key whose run's end is not told": "SELECT * FROM run_keys WHERE status = 'live'",
  "a step with another number of materializations than it made assets":
    "SELECT s.run_id, s.ordinal, s.status, count(m.id) AS made, " +
    "json_array_length(json_extract(p.body, '$.steps[' || s.ordinal || '].assets')) AS assets " +
    "FROM steps s JOIN runs r ON r.id = s.run_id JOIN run_plans p ON p.id = r.plan_id " +
    "LEFT JOIN materializations m ON m.run_id = s.run_id AND m.ordinal = s.ordinal " +
    "GROUP BY s.run_id, s.ordinal HAVING made <> CASE s.status WHEN 'succeeded' THEN assets ELSE 0 END",
  "a step with another number of ends than one":
    "SELECT s.run_id, s.ordinal, count(e.seq) AS ends FROM steps s LEFT JOIN events e ON e.run_id = s.run_id AND " +
    "e.ordinal = s.ordinal AND e.type IN ('step.succeeded', 'step.failed', 'step.skipped') " +
    "GROUP BY s.run_id, s.ordinal HAVING ends <> 1",
  "a run with another number of ends than one":
    "SELECT r.id, count(e.seq) AS ends FROM runs r LEFT JOIN events e ON e.run_id = r.id AND " +
    "e.type IN ('run.succeeded', 'run.failed', 'run.canceled') GROUP BY r.id HAVING ends <> 1",
  "a gap in the events":
    "SELECT * FROM (SELECT count(*) AS events, max(seq) AS newest FROM events) WHERE events <> newest",
  "an asset whose counters differ from a recount":
    "SELECT a.key FROM assets a JOIN (SELECT asset_id, count(*) FILTER (WHERE word = 'materialized') AS materialized, " +
    "count(*) FILTER (WHERE word = 'failed') AS failed, count(*) FILTER (WHERE word = 'running') AS running " +
    "FROM asset_partitions GROUP BY asset_id) c ON c.asset_id = a.id " +
    "WHERE (a.materialized, a.failed, a.running) <> (c.materialized, c.failed, c.running)",
  "a set whose counters differ from a recount":
    "SELECT s.name FROM partition_sets s WHERE s.id <> 0 AND (s.active, s.retired) <> (SELECT " +
    "count(*) FILTER (WHERE state = 'active'), count(*) FILTER (WHERE state = 'retired') " +
    "FROM partitions p WHERE p.set_id = s.id)",
  "a backfill whose counters differ from its runs":
    "SELECT b.uid FROM backfills b WHERE (b.total, b.launched, b.succeeded, b.failed, b.canceled) <> (SELECT count(*), " +
    "count(*), count(*) FILTER (WHERE status = 'succeeded'), count(*) FILTER (WHERE status = 'failed'), " +
    "count(*) FILTER (WHERE status = 'canceled') FROM runs r WHERE r.backfill_id = b.id)",
};

interface StepRow {
  readonly asset: string;
  readonly run: string;
  readonly key: string;
  readonly status: string;
  readonly attempt: number;
}

const STEPS =
  "SELECT json_extract(p.body, '$.steps[' || s.ordinal || '].assets[0]') AS asset, r.uid AS run, k.key, s.status, s.attempt " +
  "FROM steps s JOIN runs r ON r.id = s.run_id JOIN run_plans p ON p.id = r.plan_id JOIN partitions k ON k.id = s.partition_id";

/** The code of an attempt ran once, or was cut off before it began; that of a step that succeeded ran in its last attempt. */
function checkEffects(steps: readonly StepRow[], effects: readonly string[]): void {
  const done = new Set(effects);
  assert.equal(done.size, effects.length, "the code of an attempt ran twice");
  for (const { asset, run, key, status, attempt } of steps) {
    if (status === "succeeded")
      assert.ok(done.has(`${asset} ${run} ${key} ${attempt}`), `${asset} of ${key} never ran`);
    if (status === "skipped") assert.equal(attempt, 0);
    assert.ok(!done.has(`${asset} ${run} ${key} ${attempt + 1}`), `${asset} of ${key} ran after its end`);
  }
}

test(`an engine that is killed ${KILLS} times under load ends with every run ended and every record right (seed ${SEED})`, async () => {
  await using folder = await temporaryFolder();
  const lives = await killSomeTimes(folder.path, seededRandom(SEED));
  const db = new Database(path.join(folder.path, "data", "sheaf.db"), { readonly: true });
  using _closed = { [Symbol.dispose]: () => void db.close() };
  const rows = <R>(sql: string): R[] => db.prepare<[], R>(sql).all();

  assert.deepEqual(rows("PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
  for (const [what, sql] of Object.entries(contradictions)) assert.deepEqual(rows(sql), [], what);
  assert.deepEqual(rows("SELECT epoch FROM lease"), [{ epoch: lives }]);
  assert.ok(rows("SELECT * FROM events WHERE type = 'step.interrupted'").length > 0, "the kills cut something off");
  assert.deepEqual(
    rows("SELECT p.key FROM runs r JOIN partitions p ON p.id = r.partition_id WHERE r.status <> 'succeeded'"),
    [{ key: "k5" }],
    "only what always fails failed",
  );
  assert.deepEqual(
    rows(
      "SELECT p.key FROM partitions p JOIN partition_sets s ON s.id = p.set_id WHERE s.name = 'seen' ORDER BY p.key",
    ),
    ["k0", "k1", "k11", "k21", "k31", "k41", "k51", "k61", "k71"].map((key) => ({ key })),
    "the sensor missed nothing",
  );
  checkEffects(rows<StepRow>(STEPS), readFileSync(path.join(folder.path, "effects"), "utf8").trim().split("\n"));
  for (const { hash } of rows<{ hash: string }>(
    "SELECT DISTINCT value_sha256 AS hash FROM materializations WHERE value_sha256 IS NOT NULL",
  )) {
    const content = readFileSync(path.join(folder.path, "data", "values", hash.slice(0, 2), hash));
    assert.equal(createHash("sha256").update(content).digest("hex"), hash);
  }
});
