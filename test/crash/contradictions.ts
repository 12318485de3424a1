/** What must have no row, whatever happened. */
export const contradictions: Readonly<Record<string, string>> = {
  "a broken reference": "PRAGMA foreign_key_check",
  "a run that has not ended":
    "SELECT uid, status FROM runs WHERE ended_at_ms IS NULL OR status NOT IN ('succeeded', 'failed', 'canceled')",
  "a step that has not ended": "SELECT * FROM steps WHERE status NOT IN ('succeeded', 'failed', 'skipped', 'canceled')",
  "a backfill that has not ended": "SELECT * FROM backfills WHERE ended_at_ms IS NULL",
  "a slot that is held": "SELECT * FROM slots",
  "a container that is on record": "SELECT * FROM external_work",
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
    "e.ordinal = s.ordinal AND e.type IN ('step.succeeded', 'step.failed', 'step.skipped', 'step.canceled') " +
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
