import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { remoteContainerHost } from "../rigs/containers/remote-container-host.ts";
import { contradictions } from "./contradictions.ts";
import { ALWAYS_FAILS, KEYS } from "./load.ts";

export interface CheckRecordParams {
  readonly folder: string;
  readonly hostUrl: string;
  /** How often the record was opened. */
  readonly lives: number;
}

export interface RecordFacts {
  readonly steps: number;
  readonly interrupted: number;
  readonly resumed: number;
  readonly containers: number;
}

type Query = <R>(sql: string) => R[];

/** Throws where the record of a campaign is not what it has to be when all is done. */
export async function checkRecord({ folder, hostUrl, lives }: CheckRecordParams): Promise<RecordFacts> {
  const db = new Database(path.join(folder, "data", "sheaf.db"), { readonly: true });
  using _closed = { [Symbol.dispose]: () => void db.close() };
  const rows: Query = <R>(sql: string): R[] => db.prepare<[], R>(sql).all();
  assert.deepEqual(rows("PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
  for (const [what, sql] of Object.entries(contradictions)) assert.deepEqual(rows(sql), [], what);
  const [lease] = rows<{ epoch: number }>("SELECT epoch FROM lease");
  assert.ok((lease?.epoch ?? 0) <= lives, "an engine that was killed before it had the lease counts no epoch");
  checkEnds(rows);
  const steps = rows<StepRow>(STEPS);
  const begun = linesOf(path.join(folder, "begun"));
  checkEffects(steps, linesOf(path.join(folder, "effects")));
  checkContainers(steps, begun);
  checkValues(rows, folder);
  assert.deepEqual(
    await remoteContainerHost(hostUrl)
      .find({})
      .catch(() => []),
    [],
    "containers that are left",
  );
  const count = (type: string): number => rows(`SELECT seq FROM events WHERE type = '${type}'`).length;
  return {
    steps: steps.length,
    interrupted: count("step.interrupted"),
    resumed: count("step.resumed"),
    containers: begun.length,
  };
}

function linesOf(file: string): readonly string[] {
  return existsSync(file)
    ? readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .filter((line) => line !== "")
    : [];
}

/** What did not succeed is what always fails, what was canceled, and what was cut off too often. */
function checkEnds(rows: Query): void {
  const failed = rows<{ asset: string; key: string; code: string }>(
    `SELECT t.asset, t.key, json_extract(t.error, '$.code') AS code FROM (${STEPS}) t WHERE t.status = 'failed' ` +
      "AND t.interruptions <= 3 AND t.restarts_failed = 0",
  );
  assert.deepEqual(
    new Set(failed.map((one) => `${one.asset} ${one.key} ${one.code}`)),
    new Set(expectedFailures(failed)),
  );
  const canceled = rows<{ asset: string }>(`SELECT t.asset FROM (${STEPS}) t WHERE t.status = 'canceled'`);
  assert.deepEqual(
    canceled.filter((one) => one.asset !== "endless"),
    [],
    "only what was canceled is canceled",
  );
  const seen = rows<{ key: string }>(
    "SELECT p.key FROM partitions p JOIN partition_sets s ON s.id = p.set_id WHERE s.name = 'seen' ORDER BY p.key",
  );
  const made = rows<{ key: string }>(
    `SELECT DISTINCT t.key FROM (${STEPS}) t WHERE t.asset = 'page' AND t.status = 'succeeded' AND t.key LIKE '%1'`,
  );
  const expected = ["k0", ...made.map((one) => one.key)].toSorted();
  assert.deepEqual(
    seen.map((one) => one.key),
    expected,
    "the sensor missed nothing",
  );
}

function expectedFailures(failed: readonly unknown[]): readonly string[] {
  return failed.length === 0 ? [] : [`flaky ${ALWAYS_FAILS} user_code`];
}

interface StepRow {
  readonly asset: string;
  readonly run: string;
  readonly ordinal: number;
  readonly key: string;
  readonly status: string;
  readonly attempt: number;
}

const STEPS =
  "SELECT json_extract(p.body, '$.steps[' || s.ordinal || '].assets[0]') AS asset, r.uid AS run, s.ordinal, k.key, s.status, " +
  "s.attempt, s.interruptions, s.error, (s.error IS NOT NULL AND json_extract(s.error, '$.code') = 'interrupted') AS restarts_failed " +
  "FROM steps s JOIN runs r ON r.id = s.run_id JOIN run_plans p ON p.id = r.plan_id JOIN partitions k ON k.id = s.partition_id";

/** Assets whose attempt goes on after a kill: its code may run again, its container may not. */
const WITH_CONTAINERS = new Set(["boxed", "endless"]);

/** The code of an attempt ran once, or was cut off before it began; that of a step that succeeded ran in its last attempt. */
function checkEffects(steps: readonly StepRow[], effects: readonly string[]): void {
  const done = new Set(effects);
  const once = effects.filter((line) => !WITH_CONTAINERS.has(line.split(" ")[0] ?? ""));
  assert.equal(new Set(once).size, once.length, "the code of an attempt ran twice");
  for (const { asset, run, key, status, attempt } of steps) {
    if (asset === "endless") continue;
    const place = `${asset} ${run} ${key}`;
    if (status === "succeeded") assert.ok(done.has(`${place} ${attempt}`), `${place} never ran`);
    if (status === "skipped") assert.equal(attempt, 0);
    assert.ok(!done.has(`${place} ${attempt + 1}`), `${place} ran after its end`);
  }
}

function checkContainers(steps: readonly StepRow[], begun: readonly string[]): void {
  const ran = new Set(begun);
  const twice = begun.filter((line, index) => begun.indexOf(line) !== index);
  assert.deepEqual(twice, [], "containers that began twice");
  for (const { asset, run, ordinal, status, attempt } of steps) {
    if (!WITH_CONTAINERS.has(asset) || status !== "succeeded") continue;
    assert.ok(ran.has(`${run} ${ordinal} ${attempt} main`), `${asset} of ${run} succeeded without its container`);
  }
  assert.ok(steps.filter((step) => step.asset === "boxed").length <= KEYS);
}

function checkValues(rows: Query, folder: string): void {
  const values = rows<{ hash: string }>(
    "SELECT DISTINCT value_sha256 AS hash FROM materializations WHERE value_sha256 IS NOT NULL",
  );
  for (const { hash } of values) {
    const content = readFileSync(path.join(folder, "data", "values", hash.slice(0, 2), hash));
    assert.equal(createHash("sha256").update(content).digest("hex"), hash);
  }
}
