import type { ShownRecord } from "./shown-record.ts";
import type { World } from "./world.ts";

/** Questions that must have no answer after any commit, by the invariant that each would break. */
const contradictions: readonly (readonly [invariant: string, what: string, sql: string])[] = [
  [
    "S9",
    "a slot that is held by no running step",
    "SELECT l.* FROM slots l LEFT JOIN steps s ON s.run_id = l.run_id AND s.ordinal = l.ordinal WHERE s.status IS NOT 'running'",
  ],
  [
    "S10",
    "an asset whose counters differ from a recount",
    "SELECT a.key, a.materialized, a.failed, a.running FROM assets a LEFT JOIN (SELECT asset_id, " +
      "count(*) FILTER (WHERE word = 'materialized') AS materialized, count(*) FILTER (WHERE word = 'failed') AS failed, " +
      "count(*) FILTER (WHERE word = 'running') AS running FROM asset_partitions GROUP BY asset_id) c ON c.asset_id = a.id " +
      "WHERE (a.materialized, a.failed, a.running) <> (coalesce(c.materialized, 0), coalesce(c.failed, 0), coalesce(c.running, 0))",
  ],
  [
    "S10",
    "a check whose counters differ from a recount",
    "SELECT k.key, k.passed, k.warned, k.failed, k.errored, k.outdated FROM checks k LEFT JOIN (SELECT check_id, " +
      "count(*) FILTER (WHERE word = 'passed') AS passed, count(*) FILTER (WHERE word = 'warned') AS warned, " +
      "count(*) FILTER (WHERE word = 'failed') AS failed, count(*) FILTER (WHERE word = 'errored') AS errored, " +
      "count(*) FILTER (WHERE word = 'outdated') AS outdated FROM check_partitions GROUP BY check_id) c ON c.check_id = k.id " +
      "WHERE (k.passed, k.warned, k.failed, k.errored, k.outdated) <> (coalesce(c.passed, 0), coalesce(c.warned, 0), " +
      "coalesce(c.failed, 0), coalesce(c.errored, 0), coalesce(c.outdated, 0))",
  ],
  [
    "S10",
    "a partition whose newest evaluation is not the one that counts",
    "SELECT p.check_id, p.partition_id, p.evaluation_id, e.newest FROM check_partitions p JOIN (SELECT check_id, partition_id, " +
      "max(id) AS newest FROM check_evaluations GROUP BY check_id, partition_id) e " +
      "ON e.check_id = p.check_id AND e.partition_id = p.partition_id WHERE e.newest <> p.evaluation_id",
  ],
  [
    "S10",
    "a partition set whose counters differ from a recount",
    "SELECT s.name FROM partition_sets s WHERE s.id <> 0 AND (s.active, s.retired) <> (SELECT " +
      "count(*) FILTER (WHERE state = 'active'), count(*) FILTER (WHERE state = 'retired') FROM partitions p WHERE p.set_id = s.id)",
  ],
  [
    "S10",
    "a backfill whose counters differ from its runs",
    "SELECT b.id, b.launched, b.succeeded, b.failed, b.canceled, c.* FROM backfills b LEFT JOIN (SELECT backfill_id, count(*) AS made, " +
      "count(*) FILTER (WHERE status = 'succeeded') AS good, count(*) FILTER (WHERE status = 'failed') AS bad, " +
      "count(*) FILTER (WHERE status = 'canceled') AS gone FROM runs WHERE backfill_id IS NOT NULL GROUP BY backfill_id) c " +
      // A member without a step of its own counts as launched and succeeded, with no run.
      "ON c.backfill_id = b.id WHERE (b.failed, b.canceled) <> (coalesce(c.bad, 0), coalesce(c.gone, 0)) " +
      "OR b.succeeded - coalesce(c.good, 0) <> b.launched - coalesce(c.made, 0)",
  ],
  [
    "S6",
    "a mark of a live step that does not run",
    "SELECT a.* FROM asset_partitions a LEFT JOIN steps s ON s.run_id = a.live_run_id AND s.ordinal = a.live_ordinal " +
      "WHERE a.live_run_id IS NOT NULL AND s.status IS NOT 'running'",
  ],
  [
    "S14",
    "a run key that made a run again, though its policy says no",
    "SELECT r.origin_kind, r.origin_name, r.run_key, k.policy, count(*) AS runs FROM runs r JOIN run_keys k ON k.run_key = r.run_key AND " +
      "k.origin = r.origin_kind || ':' || coalesce(r.origin_name, '') || ':' || iif(r.origin_kind = 'operator', coalesce(r.job, ''), '') " +
      "GROUP BY r.origin_kind, r.origin_name, r.run_key, k.origin HAVING count(*) FILTER (WHERE CASE k.policy WHEN 'once' THEN 1 " +
      "WHEN 'until-success' THEN r.status NOT IN ('failed', 'canceled') ELSE r.status NOT IN ('succeeded', 'failed', 'canceled') END) > 1",
  ],
  [
    "S14",
    "a run with a key that the ledger does not know",
    "SELECT r.run_key FROM runs r WHERE r.run_key IS NOT NULL AND NOT EXISTS (SELECT 1 FROM run_keys k WHERE k.run_key = r.run_key)",
  ],
  [
    "S14",
    "a run key whose last run's state is not what the ledger says",
    "SELECT k.*, r.status AS run_status FROM run_keys k JOIN runs r ON r.uid = k.uid WHERE k.status <> " +
      "iif(r.status IN ('succeeded', 'failed', 'canceled'), r.status, 'live')",
  ],
  [
    "S3",
    "a materialization that no succeeded step made, or one that is missing",
    "SELECT m.run_id, m.ordinal FROM materializations m LEFT JOIN steps s ON s.run_id = m.run_id AND s.ordinal = m.ordinal " +
      "WHERE s.status IS NOT 'succeeded'",
  ],
  [
    "S3",
    "an evaluation of a step that has not ended",
    "SELECT e.run_id, e.ordinal, e.outcome FROM check_evaluations e LEFT JOIN steps s ON s.run_id = e.run_id AND " +
      "s.ordinal = e.ordinal WHERE coalesce(s.status, 'gone') NOT IN ('succeeded', 'failed')",
  ],
  [
    "S18",
    "a blocking check that failed, whose step did not",
    "SELECT e.run_id, e.ordinal FROM check_evaluations e LEFT JOIN steps s ON s.run_id = e.run_id AND s.ordinal = e.ordinal " +
      "WHERE e.blocking = 1 AND e.outcome = 'failed' AND s.status IS NOT 'failed'",
  ],
];

/** Counts anew what the record keeps counted. */
export function recount(world: World, record: ShownRecord): void {
  for (const [invariant, what, sql] of contradictions) {
    const rows = record.rows(sql);
    if (rows.length > 0) world.violate(invariant, `${what}: ${JSON.stringify(rows[0])}`);
  }
}
