import type { Connection } from "../database.ts";

export type RetentionTable = ReturnType<typeof retentionTable>;

/**
 * Removes what retention lets go of, at most `limit` rows a call, so that no transaction is long. Each says how many
 * rows went. The newest materialization of a partition, and what tells of the partition's state, always stay; of each
 * table also the row with the highest id, which would be given again.
 */
export function retentionTable(db: Connection) {
  const sql = {
    logsOfRun: db.prepare("DELETE FROM log_lines WHERE id IN (SELECT id FROM log_lines WHERE run_id = ? LIMIT ?)"),
    stepsOfRun: db.prepare(
      "DELETE FROM steps WHERE run_id = ? AND ordinal IN (SELECT ordinal FROM steps WHERE run_id = ? LIMIT ?)",
    ),
    madeByRun: db.prepare(
      "DELETE FROM materializations WHERE id IN (SELECT m.id FROM materializations m WHERE m.run_id = ? AND NOT EXISTS (" +
        "SELECT 1 FROM asset_partitions a WHERE a.asset_id = m.asset_id AND a.partition_id = m.partition_id " +
        "AND a.materialization_id = m.id) LIMIT ?)",
    ),
    checkedByRun: db.prepare(
      "DELETE FROM check_evaluations WHERE id IN (SELECT e.id FROM check_evaluations e WHERE e.run_id = ? AND NOT EXISTS (" +
        "SELECT 1 FROM check_partitions p WHERE p.check_id = e.check_id AND p.partition_id = e.partition_id " +
        "AND p.evaluation_id = e.id) LIMIT ?)",
    ),
    keptOfRun: db.prepare(
      "UPDATE materializations SET run_id = NULL WHERE id IN (SELECT id FROM materializations WHERE run_id = ? LIMIT ?)",
    ),
    keptChecksOfRun: db.prepare(
      "UPDATE check_evaluations SET run_id = NULL WHERE id IN (SELECT id FROM check_evaluations WHERE run_id = ? LIMIT ?)",
    ),
    run: db.prepare("DELETE FROM runs WHERE id = ? AND status IN ('succeeded', 'failed', 'canceled')"),
    isEnded: db
      .prepare<[number], number>(
        "SELECT 1 FROM runs WHERE id = ? AND status IN ('succeeded', 'failed', 'canceled') " +
          // A container of it may still have to be removed.
          "AND NOT EXISTS (SELECT 1 FROM external_work WHERE run_id = runs.id)",
      )
      .pluck(),
    /** Of runs that are gone, once their partition was made again. */
    orphanMade: db.prepare(
      "DELETE FROM materializations WHERE id IN (SELECT m.id FROM materializations m INDEXED BY materializations_without_run " +
        "WHERE m.run_id IS NULL AND m.id > ? AND m.id <= ? AND NOT EXISTS (SELECT 1 FROM asset_partitions a " +
        "WHERE a.asset_id = m.asset_id AND a.partition_id = m.partition_id AND a.materialization_id = m.id))",
    ),
    orphanMadePage: db
      .prepare<[number, number], number | null>(
        "SELECT max(id) FROM (SELECT id FROM materializations INDEXED BY materializations_without_run " +
          "WHERE run_id IS NULL AND id > ? ORDER BY id LIMIT ?)",
      )
      .pluck(),
    orphanChecks: db.prepare(
      "DELETE FROM check_evaluations WHERE id IN (SELECT e.id FROM check_evaluations e " +
        "INDEXED BY check_evaluations_without_run WHERE e.run_id IS NULL AND e.id > ? AND e.id <= ? AND NOT EXISTS (" +
        "SELECT 1 FROM check_partitions p WHERE p.check_id = e.check_id AND p.partition_id = e.partition_id " +
        "AND p.evaluation_id = e.id))",
    ),
    orphanChecksPage: db
      .prepare<[number, number], number | null>(
        "SELECT max(id) FROM (SELECT id FROM check_evaluations INDEXED BY check_evaluations_without_run " +
          "WHERE run_id IS NULL AND id > ? ORDER BY id LIMIT ?)",
      )
      .pluck(),
    events: db.prepare(
      "DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE seq <= ? ORDER BY seq LIMIT ?) AND at_ms < ?",
    ),
    logs: db.prepare(
      "DELETE FROM log_lines WHERE id IN (SELECT id FROM log_lines WHERE id < (SELECT max(id) FROM log_lines) " +
        "ORDER BY id LIMIT ?) AND at_ms < ?",
    ),
    audit: db.prepare(
      "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id < (SELECT max(id) FROM audit) " +
        "ORDER BY id LIMIT ?) AND at_ms < ?",
    ),
    tick: db.prepare("DELETE FROM ticks WHERE id = ? AND status <> 'started'"),
    plan: db.prepare("DELETE FROM run_plans WHERE id = ? AND NOT EXISTS (SELECT 1 FROM runs WHERE plan_id = ?)"),
    isTagSetUsed: db
      .prepare<[number, number], number>(
        "SELECT 1 FROM runs WHERE tag_set_id = ? UNION ALL SELECT 1 FROM backfills WHERE tag_set_id = ? LIMIT 1",
      )
      .pluck(),
    tags: db.prepare("DELETE FROM tag_set_tags WHERE tag_set_id = ?"),
    tagSet: db.prepare("DELETE FROM tag_sets WHERE id = ?"),
    namesValue: db.prepare<[string], number>("SELECT 1 FROM materializations WHERE value_sha256 = ? LIMIT 1").pluck(),
  };
  const freePages = (): number => Number(db.pragma("freelist_count", { simple: true }));
  const orphans = (
    page: typeof sql.orphanMadePage,
    remove: typeof sql.orphanMade,
    { afterId, limit }: OrphanPage,
  ): OrphansGone => {
    const untilId = page.get(afterId, limit) ?? null;
    return { untilId, removed: untilId === null ? 0 : remove.run(afterId, untilId).changes };
  };
  return {
    /** A run that has ended, with all that belongs to it; `more` where that is over `limit` rows and a part is left. */
    run(runId: number, limit: number): "gone" | "more" | "kept" {
      if (sql.isEnded.get(runId) === undefined) return "kept";
      let left = limit - sql.stepsOfRun.run(runId, runId, limit).changes;
      for (const part of [sql.logsOfRun, sql.madeByRun, sql.checkedByRun, sql.keptOfRun, sql.keptChecksOfRun]) {
        if (left <= 0) return "more";
        left -= part.run(runId, left).changes;
      }
      if (left <= 0) return "more";
      return sql.run.run(runId).changes > 0 ? "gone" : "kept";
    },
    orphanMaterializations: (page: OrphanPage): OrphansGone => orphans(sql.orphanMadePage, sql.orphanMade, page),
    orphanEvaluations: (page: OrphanPage): OrphansGone => orphans(sql.orphanChecksPage, sql.orphanChecks, page),
    events: (params: { untilSeq: number; beforeMs: number; limit: number }): number =>
      sql.events.run(params.untilSeq, params.limit, params.beforeMs).changes,
    logs: (params: { beforeMs: number; limit: number }): number => sql.logs.run(params.limit, params.beforeMs).changes,
    audit: (params: { beforeMs: number; limit: number }): number =>
      sql.audit.run(params.limit, params.beforeMs).changes,
    tick: (id: number): boolean => sql.tick.run(id).changes > 0,
    plan: (id: number): boolean => sql.plan.run(id, id).changes > 0,
    tagSet(id: number): boolean {
      if (sql.isTagSetUsed.get(id, id) !== undefined) return false;
      sql.tags.run(id);
      return sql.tagSet.run(id).changes > 0;
    },
    namesValue: (hash: string): boolean => sql.namesValue.get(hash) !== undefined,
    freePages,
    /** Gives pages at the end of the file back to the disk; how many. */
    giveBack(pages: number): number {
      const before = freePages();
      db.pragma(`incremental_vacuum(${pages})`);
      return before - freePages();
    },
  };
}

export interface OrphanPage {
  readonly afterId: number;
  readonly limit: number;
}

export interface OrphansGone {
  /** Up to here they were looked at; null at the end. */
  readonly untilId: number | null;
  readonly removed: number;
}
