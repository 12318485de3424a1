import { EngineError } from "../../core/errors.ts";
import type { Failure } from "../../core/events.ts";
import type { JsonObject } from "../../core/json.ts";
import type { PartitionWord } from "../../core/states.ts";
import type { Connection } from "../database.ts";

export interface AssetRow {
  readonly id: number;
  readonly key: string;
  readonly set_id: number;
  readonly defined: 0 | 1;
  readonly materialized: number;
  readonly failed: number;
  readonly running: number;
}

export interface MaterializationRow {
  readonly id: number;
  readonly asset_id: number;
  readonly partition_id: number;
  readonly run_id: number | null;
  readonly run_uid: string;
  readonly ordinal: number;
  readonly at_ms: number;
  readonly code_version: string | null;
  readonly data_version: string;
  readonly metadata: string;
  readonly value: string | null;
  readonly value_sha256: string | null;
  readonly value_bytes: number;
}

export interface AssetPartitionRow {
  readonly asset_id: number;
  readonly partition_id: number;
  readonly materialization_id: number | null;
  readonly materialized_seq: number;
  readonly materialized_at_ms: number | null;
  readonly failed_seq: number;
  readonly failed_at_ms: number | null;
  readonly failed_run_uid: string | null;
  readonly failed_ordinal: number | null;
  readonly failure: string | null;
  readonly live_run_id: number | null;
  readonly live_ordinal: number | null;
  readonly word: PartitionWord;
}

export interface NewMaterialization {
  readonly assetId: number;
  readonly partitionId: number;
  readonly runId: number;
  readonly runUid: string;
  readonly ordinal: number;
  readonly nowMs: number;
  readonly codeVersion: string | null;
  readonly dataVersion: string;
  readonly metadata: JsonObject;
  readonly value: StoredValue;
}

/** A value's JSON in the row, or the name of the file that holds it. */
export type StoredValue =
  | { readonly type: "none" }
  | { readonly type: "row"; readonly text: string }
  | { readonly type: "file"; readonly sha256: string; readonly bytes: number };

export interface InputVersion {
  readonly assetId: number;
  readonly partitionId: number;
  readonly dataVersion: string;
}

/**
 * Of an asset and a partition, its parameters: a partition that is, or is one of another set than the asset's, stands
 * outside the counters. No join: SQLite would plan it anew for every pair of values, which takes ten times as long.
 */
const IS_RETIRED =
  "(SELECT p.state = 'retired' OR p.set_id <> (SELECT set_id FROM assets WHERE id = ?) FROM partitions p WHERE p.id = ?)";

/** In `materialization_inputs`: stands for more partitions than are listed one by one. */
export const MANY_PARTITIONS = -1;

export interface LiveStep {
  readonly assetId: number;
  readonly partitionId: number;
  readonly runId: number;
  readonly ordinal: number;
}

export type MaterializationsTable = ReturnType<typeof materializationsTable>;

/** Assets, what was made of them, and the record of each partition. */
export function materializationsTable(db: Connection) {
  const assetIds = new Map<string, number>();
  const sql = {
    asset: db.prepare<[string], AssetRow>("SELECT * FROM assets WHERE key = ?"),
    assets: db.prepare<[], AssetRow>("SELECT * FROM assets ORDER BY key"),
    insertAsset: db.prepare("INSERT INTO assets (key, set_id, defined) VALUES (?, ?, 1)"),
    updateAsset: db.prepare("UPDATE assets SET set_id = ?, defined = 1 WHERE id = ?"),
    /** What was recorded for keys of another set stands outside the counters from now on. */
    moveToSet: db.prepare(
      "UPDATE asset_partitions SET retired = " +
        "(SELECT p.state = 'retired' OR p.set_id <> ? FROM partitions p WHERE p.id = asset_partitions.partition_id) " +
        "WHERE asset_id = ?",
    ),
    undefine: db.prepare("UPDATE assets SET defined = 0"),
    insert: db.prepare(
      "INSERT INTO materializations (asset_id, partition_id, run_id, run_uid, ordinal, at_ms, code_version, data_version, " +
        "metadata, value, value_sha256, value_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    insertInput: db.prepare(
      "INSERT INTO materialization_inputs (materialization_id, asset_id, partition_id, data_version) VALUES (?, ?, ?, ?) " +
        "ON CONFLICT DO NOTHING",
    ),
    live: db.prepare(
      "INSERT INTO asset_partitions (asset_id, partition_id, live_run_id, live_ordinal, retired) " +
        `VALUES (?, ?, ?, ?, ${IS_RETIRED}) ` +
        "ON CONFLICT (asset_id, partition_id) DO UPDATE SET live_run_id = excluded.live_run_id, live_ordinal = excluded.live_ordinal",
    ),
    notLive: db.prepare(
      "UPDATE asset_partitions SET live_run_id = NULL, live_ordinal = NULL " +
        "WHERE asset_id = ? AND partition_id = ? AND live_run_id = ? AND live_ordinal = ?",
    ),
    addPartition: db.prepare(
      `INSERT INTO asset_partitions (asset_id, partition_id, retired) VALUES (?, ?, ${IS_RETIRED})`,
    ),
    materialized: db.prepare(
      "UPDATE asset_partitions SET materialization_id = ?, materialized_seq = ?, materialized_at_ms = ?, " +
        "live_run_id = CASE WHEN live_run_id = ? AND live_ordinal = ? THEN NULL ELSE live_run_id END, " +
        "live_ordinal = CASE WHEN live_run_id = ? AND live_ordinal = ? THEN NULL ELSE live_ordinal END " +
        "WHERE asset_id = ? AND partition_id = ?",
    ),
    failed: db.prepare(
      "UPDATE asset_partitions SET failed_seq = ?, failed_at_ms = ?, failed_run_uid = ?, failed_ordinal = ?, failure = ? " +
        "WHERE asset_id = ? AND partition_id = ?",
    ),
    partition: db.prepare<[number, number], AssetPartitionRow>(
      "SELECT * FROM asset_partitions WHERE asset_id = ? AND partition_id = ?",
    ),
    latest: db.prepare<[number, number], MaterializationRow>(
      "SELECT * FROM materializations WHERE id = " +
        "(SELECT materialization_id FROM asset_partitions WHERE asset_id = ? AND partition_id = ?)",
    ),
    latestVersion: db
      .prepare<[number, number], string>(
        "SELECT data_version FROM materializations WHERE id = " +
          "(SELECT materialization_id FROM asset_partitions WHERE asset_id = ? AND partition_id = ?)",
      )
      .pluck(),
    before: db.prepare<[number, number, number], MaterializationRow>(
      "SELECT * FROM materializations INDEXED BY materializations_by_partition " +
        "WHERE asset_id = ? AND partition_id = ? AND id < ? ORDER BY id DESC LIMIT 1",
    ),
    ofStep: db.prepare<[number, number], MaterializationRow>(
      "SELECT * FROM materializations WHERE run_id = ? AND ordinal = ?",
    ),
    keysByWord: db.prepare<[number, number, string], { id: number; key: string }>(
      "SELECT p.id, p.key FROM partitions p LEFT JOIN asset_partitions a ON a.partition_id = p.id AND a.asset_id = ? " +
        "WHERE p.set_id = ? AND p.state = 'active' AND coalesce(a.word, 'missing') = ? ORDER BY p.key",
    ),
  };
  const find = (key: string): number | undefined => {
    const known = assetIds.get(key);
    if (known !== undefined) return known;
    const id = sql.asset.get(key)?.id;
    if (id !== undefined) assetIds.set(key, id);
    return id;
  };
  /** A step that ran has its record already. */
  const putPartition = ({ assetId, partitionId }: LiveStep, change: () => { readonly changes: number }): void => {
    if (change().changes > 0) return;
    sql.addPartition.run(assetId, partitionId, assetId, partitionId);
    change();
  };
  return {
    /** Brings the table in line with the code; what is defined no more keeps its history. */
    declareAssets(assets: readonly { readonly key: string; readonly setId: number }[]): void {
      sql.undefine.run();
      for (const { key, setId } of assets) {
        const row = sql.asset.get(key);
        if (row === undefined) {
          sql.insertAsset.run(key, setId);
          continue;
        }
        sql.updateAsset.run(setId, row.id);
        if (row.set_id !== setId) sql.moveToSet.run(setId, row.id);
      }
    },
    assets: (): readonly AssetRow[] => sql.assets.all(),
    asset: (key: string): AssetRow | undefined => sql.asset.get(key),
    assetId(key: string): number {
      const id = find(key);
      if (id === undefined)
        throw new EngineError("not_found", `there is no asset "${key}"`, { details: { asset: key } });
      return id;
    },
    setLive: (step: LiveStep): void => {
      const { assetId, partitionId } = step;
      sql.live.run(assetId, partitionId, step.runId, step.ordinal, assetId, partitionId);
    },
    clearLive: (step: LiveStep): void => {
      sql.notLive.run(step.assetId, step.partitionId, step.runId, step.ordinal);
    },
    insert(made: NewMaterialization): number {
      const { value } = made;
      return Number(
        sql.insert.run(
          made.assetId,
          made.partitionId,
          made.runId,
          made.runUid,
          made.ordinal,
          made.nowMs,
          made.codeVersion,
          made.dataVersion,
          JSON.stringify(made.metadata),
          value.type === "row" ? value.text : null,
          value.type === "file" ? value.sha256 : null,
          value.type === "row" ? Buffer.byteLength(value.text) : value.type === "file" ? value.bytes : 0,
        ).lastInsertRowid,
      );
    },
    insertInputs(id: number, inputs: readonly InputVersion[]): void {
      for (const input of inputs) sql.insertInput.run(id, input.assetId, input.partitionId, input.dataVersion);
    },
    /** Makes a materialization the newest of its partition, and ends the live mark of the step that made it. */
    setMaterialized(
      made: LiveStep & { readonly materializationId: number; readonly seq: number; readonly nowMs: number },
    ): void {
      const change = () =>
        sql.materialized.run(
          made.materializationId,
          made.seq,
          made.nowMs,
          made.runId,
          made.ordinal,
          made.runId,
          made.ordinal,
          made.assetId,
          made.partitionId,
        );
      putPartition(made, change);
    },
    setFailed(
      failed: LiveStep & {
        readonly runUid: string;
        readonly seq: number;
        readonly nowMs: number;
        readonly failure: Failure;
      },
    ): void {
      const change = () =>
        sql.failed.run(
          failed.seq,
          failed.nowMs,
          failed.runUid,
          failed.ordinal,
          JSON.stringify(failed.failure),
          failed.assetId,
          failed.partitionId,
        );
      putPartition(failed, change);
      sql.notLive.run(failed.assetId, failed.partitionId, failed.runId, failed.ordinal);
    },
    partition: (assetId: number, partitionId: number): AssetPartitionRow | undefined =>
      sql.partition.get(assetId, partitionId),
    /** The data version of the newest one, without its value. */
    latestVersion: (assetId: number, partitionId: number): string | undefined =>
      sql.latestVersion.get(assetId, partitionId),
    latest: (assetId: number, partitionId: number): MaterializationRow | undefined =>
      sql.latest.get(assetId, partitionId),
    /** The one of its partition that it replaced. */
    before: (made: MaterializationRow): MaterializationRow | undefined =>
      sql.before.get(made.asset_id, made.partition_id, made.id),
    ofStep: (runId: number, ordinal: number): readonly MaterializationRow[] => sql.ofStep.all(runId, ordinal),
    /** Active keys of the asset's set whose word is this one. */
    keysByWord: (params: {
      assetId: number;
      setId: number;
      word: PartitionWord;
    }): readonly { id: number; key: string }[] => sql.keysByWord.all(params.assetId, params.setId, params.word),
  };
}
