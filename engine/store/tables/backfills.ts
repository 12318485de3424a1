import type { Failure } from "../../core/events.ts";
import type { Json } from "../../core/json.ts";
import type { BackfillStatus } from "../../core/states.ts";
import type { Connection } from "../database.ts";
import type { OriginKind } from "./runs.ts";

export interface BackfillRow {
  readonly id: number;
  readonly uid: string;
  readonly status: BackfillStatus;
  readonly job: string | null;
  readonly request: string;
  readonly tag_set_id: number;
  readonly priority: number;
  readonly origin_kind: OriginKind;
  readonly origin_name: string | null;
  readonly reason: string;
  readonly total: number;
  readonly launched: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly canceled: number;
  readonly created_at_ms: number;
  readonly started_at_ms: number | null;
  readonly ended_at_ms: number | null;
  readonly error: string | null;
}

export interface NewBackfill {
  readonly uid: string;
  readonly job: string | null;
  readonly request: Json;
  readonly tagSetId: number;
  readonly priority: number;
  readonly originKind: OriginKind;
  readonly originName: string | null;
  readonly reason: string;
  readonly nowMs: number;
  readonly waves: readonly NewWave[];
}

/** Members that make and check the same; partition id 0 stands for one run without a partition. */
export interface NewWave {
  /** The keys of assets, and of checks. */
  readonly assets: readonly string[];
  readonly setId: number;
  readonly partitionIds: readonly number[];
}

export interface Members {
  readonly wave: number;
  readonly assets: readonly string[];
  readonly setId: number;
  readonly partitionIds: readonly number[];
  /** Whether nothing of this wave comes after these. */
  readonly endsWave: boolean;
}

interface ChunkRow {
  readonly first_ordinal: number;
  readonly wave: number;
  readonly assets: string;
  readonly set_id: number;
  readonly partition_ids: Buffer;
}

const CHUNK_MEMBERS = 10_000;
const ID_BYTES = 4;

export type BackfillsTable = ReturnType<typeof backfillsTable>;

/** Backfills and their members. Members are launched in order, so how many were launched says which. */
export function backfillsTable(db: Connection) {
  const sql = {
    insert: db.prepare(
      "INSERT INTO backfills (uid, status, job, request, tag_set_id, priority, origin_kind, origin_name, reason, total, created_at_ms) " +
        "VALUES (?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    insertChunk: db.prepare(
      "INSERT INTO backfill_members (backfill_id, first_ordinal, wave, assets, set_id, partition_ids) VALUES (?, ?, ?, ?, ?, ?)",
    ),
    byUid: db.prepare<[string], BackfillRow>("SELECT * FROM backfills WHERE uid = ?"),
    byId: db.prepare<[number], BackfillRow>("SELECT * FROM backfills WHERE id = ?"),
    live: db.prepare<[], BackfillRow>(
      "SELECT * FROM backfills WHERE status IN ('queued', 'running', 'paused', 'canceling') ORDER BY priority DESC, id",
    ),
    chunk: db.prepare<[number, number], ChunkRow>(
      "SELECT * FROM backfill_members WHERE backfill_id = ? AND first_ordinal <= ? ORDER BY first_ordinal DESC LIMIT 1",
    ),
    nextWave: db.prepare<[number, number], { wave: number }>(
      "SELECT wave FROM backfill_members WHERE backfill_id = ? AND first_ordinal = ?",
    ),
    start: db.prepare("UPDATE backfills SET status = 'running', started_at_ms = ? WHERE id = ? AND status = 'queued'"),
    launched: db.prepare("UPDATE backfills SET launched = launched + ? WHERE id = ?"),
    ended: {
      succeeded: db.prepare("UPDATE backfills SET succeeded = succeeded + 1 WHERE id = ?"),
      failed: db.prepare("UPDATE backfills SET failed = failed + 1 WHERE id = ?"),
      canceled: db.prepare("UPDATE backfills SET canceled = canceled + 1 WHERE id = ?"),
    },
    canceling: db.prepare(
      "UPDATE backfills SET status = 'canceling', reason = ? WHERE id = ? AND status IN ('running', 'paused')",
    ),
    cancelQueued: db.prepare(
      "UPDATE backfills SET status = 'canceled', reason = ?, ended_at_ms = ? WHERE id = ? AND status = 'queued'",
    ),
    end: db.prepare(
      "UPDATE backfills SET status = ?, ended_at_ms = ?, error = ? WHERE id = ? AND status IN ('running', 'canceling')",
    ),
  };

  /** Up to `limit` members from `ordinal` on, all of one wave; null past the end. */
  const members = (backfillId: number, from: { ordinal: number; limit: number }): Members | null => {
    const chunk = sql.chunk.get(backfillId, from.ordinal);
    if (chunk === undefined) return null;
    const count = chunk.partition_ids.length / ID_BYTES;
    const start = from.ordinal - chunk.first_ordinal;
    const partitionIds = decodeIds(chunk.partition_ids.subarray(start * ID_BYTES, (start + from.limit) * ID_BYTES));
    if (partitionIds.length === 0) return null;
    const next = sql.nextWave.get(backfillId, chunk.first_ordinal + count);
    return {
      wave: chunk.wave,
      assets: JSON.parse(chunk.assets) as string[],
      setId: chunk.set_id,
      partitionIds,
      endsWave: start + partitionIds.length === count && next?.wave !== chunk.wave,
    };
  };

  return {
    insert(backfill: NewBackfill): number {
      const total = backfill.waves.reduce((sum, wave) => sum + wave.partitionIds.length, 0);
      const id = Number(
        sql.insert.run(
          backfill.uid,
          backfill.job,
          JSON.stringify(backfill.request),
          backfill.tagSetId,
          backfill.priority,
          backfill.originKind,
          backfill.originName,
          backfill.reason,
          total,
          backfill.nowMs,
        ).lastInsertRowid,
      );
      let ordinal = 0;
      for (const [wave, { assets, setId, partitionIds }] of backfill.waves.entries()) {
        for (let at = 0; at < partitionIds.length; at += CHUNK_MEMBERS) {
          const part = partitionIds.slice(at, at + CHUNK_MEMBERS);
          sql.insertChunk.run(id, ordinal, wave, JSON.stringify(assets), setId, encodeIds(part));
          ordinal += part.length;
        }
      }
      return id;
    },
    byUid: (uid: string): BackfillRow | undefined => sql.byUid.get(uid),
    byId: (id: number): BackfillRow | undefined => sql.byId.get(id),
    live: (): readonly BackfillRow[] => sql.live.all(),
    members,
    start: (id: number, nowMs: number): boolean => sql.start.run(nowMs, id).changes > 0,
    addLaunched: (id: number, count: number): void => {
      sql.launched.run(count, id);
    },
    countEnded: (id: number, status: "succeeded" | "failed" | "canceled"): void => {
      sql.ended[status].run(id);
    },
    cancel: (id: number, params: { reason: string; nowMs: number }): boolean =>
      sql.canceling.run(params.reason, id).changes > 0 ||
      sql.cancelQueued.run(params.reason, params.nowMs, id).changes > 0,
    end: (params: {
      id: number;
      status: "succeeded" | "failed" | "canceled";
      nowMs: number;
      error: Failure | null;
    }): boolean =>
      sql.end.run(params.status, params.nowMs, params.error === null ? null : JSON.stringify(params.error), params.id)
        .changes > 0,
  };
}

function encodeIds(ids: readonly number[]): Buffer {
  const bytes = Buffer.alloc(ids.length * ID_BYTES);
  for (const [index, id] of ids.entries()) bytes.writeUInt32LE(id, index * ID_BYTES);
  return bytes;
}

function decodeIds(bytes: Buffer): readonly number[] {
  return Array.from({ length: bytes.length / ID_BYTES }, (_, index) => bytes.readUInt32LE(index * ID_BYTES));
}
