import { digestOfInputs } from "../../core/input-digest.ts";
import type { Connection, Statement } from "../database.ts";
import { MANY_PARTITIONS } from "../tables/materializations.ts";

/** How a partition's upstream partitions are found; `from` is the asset's own set, `to` the upstream asset's. */
export type UpstreamIds =
  | { readonly type: "none" }
  | { readonly type: "same" }
  /** `to` is the base set of this dimension of `from`. */
  | { readonly type: "part"; readonly dimension: number }
  /** All active keys of the product `to` that agree in these dimensions. */
  | { readonly type: "match"; readonly match: DimensionMatch }
  /** `to` is the base set of a dimension of the product `via`, whose active keys relate the two. */
  | { readonly type: "through"; readonly via: DimensionMatch; readonly dimension: number }
  /** Looked up beforehand: upstream ids by the id of the partition, as JSON. */
  | { readonly type: "listed"; readonly ids: string };

export interface DimensionMatch {
  readonly setId: number;
  /** Whether `from` is a base set, so that its ids are themselves the parts. */
  readonly fromBase: boolean;
  readonly pairs: readonly (readonly [from: number, to: number])[];
}

export interface StaleParams {
  readonly assetId: number;
  /** Null: the code claims no version, and none is compared. */
  readonly codeVersion: string | null;
  readonly dependencies: readonly { readonly assetId: number; readonly upstream: UpstreamIds }[];
  /** The chunk begins after this partition id. */
  readonly afterId: number;
  readonly limit: number;
}

export interface StaleChunk {
  /** Ids of partitions. */
  readonly stale: readonly number[];
  /** Where the next chunk begins; null at the end. */
  readonly nextAfterId: number | null;
}

/**
 * Finds, in a chunk of an asset's materialized partitions, those that are stale: made by another code version, or from
 * inputs that are not the newest. An input that came or went since counts as changed.
 */
export function findStale(db: Connection): (params: StaleParams) => StaleChunk {
  db.aggregate<string[]>("input_digest", {
    start: () => [],
    step: (versions, version) => void versions.push(version),
    result: (versions) => digestOfInputs(versions.map(parseVersion)),
  });
  const statements = new Map<string, Statement<unknown[], { id: number; stale: number }>>();
  return (params) => {
    const values: unknown[] = [params.codeVersion, params.codeVersion];
    const changed = params.dependencies.map((dependency) => {
      const condition = changedSql(dependency);
      values.push(...condition.values);
      return condition.sql;
    });
    const isStale = ["(? IS NOT NULL AND m.code_version IS NOT ?)", ...changed].join(" OR ");
    const text =
      `SELECT a.partition_id AS id, (${isStale}) AS stale FROM asset_partitions a ` +
      "CROSS JOIN materializations m ON m.id = a.materialization_id " +
      "WHERE a.asset_id = ? AND a.partition_id > ? AND a.word = 'materialized' ORDER BY a.partition_id LIMIT ?";
    const statement = statements.get(text) ?? db.prepare(text);
    statements.set(text, statement);
    const rows = statement.all(...values, params.assetId, params.afterId, params.limit);
    const isLast = rows.length < params.limit;
    return {
      stale: rows.filter(({ stale }) => stale === 1).map(({ id }) => id),
      nextAfterId: isLast ? null : (rows.at(-1)?.id ?? null),
    };
  };
}

export interface MaterializedIdsParams {
  readonly assetId: number;
  readonly afterId: number;
  readonly limit: number;
}

/** The partitions that a chunk of `findStale` looks at. */
export function materializedIds(db: Connection) {
  const select = db.prepare<[number, number, number], { id: number; key: string }>(
    "SELECT p.id, p.key FROM asset_partitions a CROSS JOIN partitions p ON p.id = a.partition_id " +
      "WHERE a.asset_id = ? AND a.partition_id > ? AND a.word = 'materialized' ORDER BY a.partition_id LIMIT ?",
  );
  return (params: MaterializedIdsParams): readonly { readonly id: number; readonly key: string }[] =>
    select.all(params.assetId, params.afterId, params.limit);
}

interface Condition {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** Whether what was used of an upstream asset differs from its newest; `a` is the asset's partition. */
function changedSql(dependency: StaleParams["dependencies"][number]): Condition {
  const { assetId, upstream } = dependency;
  switch (upstream.type) {
    case "none":
      return oneChanged(assetId, "0");
    case "same":
      return oneChanged(assetId, "a.partition_id");
    case "part":
      return oneChanged(assetId, partSql("a.partition_id", upstream.dimension));
    case "match":
      return manyChanged(assetId, matchSql(upstream.match));
    case "through": {
      const via = matchSql(upstream.via);
      const part = partSql("w.id", upstream.dimension);
      return manyChanged(assetId, {
        sql: `SELECT DISTINCT p.id FROM (${via.sql}) w CROSS JOIN partitions p ON p.id = ${part} WHERE p.state = 'active'`,
        values: via.values,
      });
    }
    case "listed":
      return manyChanged(assetId, {
        sql: `SELECT value AS id FROM json_each(?, '$."' || a.partition_id || '"')`,
        values: [upstream.ids],
      });
  }
}

function partSql(id: string, dimension: number): string {
  return `(SELECT part_id FROM partition_parts WHERE partition_id = ${id} AND dimension = ${dimension})`;
}

function matchSql({ setId, fromBase, pairs }: DimensionMatch): Condition {
  const joins = pairs.map(([from, to], at) => {
    const part = fromBase ? "a.partition_id" : partSql("a.partition_id", from);
    return `JOIN partition_parts q${at} ON q${at}.partition_id = p.id AND q${at}.dimension = ${to} AND q${at}.part_id = ${part}`;
  });
  return {
    sql: `SELECT p.id FROM partitions p ${joins.join(" ")} WHERE p.set_id = ? AND p.state = 'active'`,
    values: [setId],
  };
}

const USED = "FROM materialization_inputs i WHERE i.materialization_id = a.materialization_id AND i.asset_id = ?";

function oneChanged(assetId: number, id: string): Condition {
  return {
    sql:
      `(SELECT i.data_version ${USED} AND i.partition_id = ${id}) IS NOT ` +
      "(SELECT n.data_version FROM asset_partitions u CROSS JOIN materializations n ON n.id = u.materialization_id " +
      `WHERE u.asset_id = ? AND u.partition_id = ${id})`,
    values: [assetId, assetId],
  };
}

/** Inputs over the bound are recorded by one digest, under `MANY_PARTITIONS`; others one by one. */
function manyChanged(assetId: number, related: Condition): Condition {
  const newest =
    `FROM (${related.sql}) r CROSS JOIN asset_partitions u ON u.asset_id = ? AND u.partition_id = r.id ` +
    "CROSS JOIN materializations n ON n.id = u.materialization_id";
  const digest = `(SELECT i.data_version ${USED} AND i.partition_id = ${MANY_PARTITIONS})`;
  const digestOfNewest = `(SELECT input_digest(u.partition_id || ':' || n.data_version) ${newest})`;
  const changed =
    `EXISTS (SELECT 1 ${newest} WHERE n.data_version IS NOT ` +
    `(SELECT i.data_version ${USED} AND i.partition_id = u.partition_id))`;
  const fewer = `(SELECT count(*) ${USED}) <> (SELECT count(*) ${newest})`;
  return {
    sql: `CASE WHEN ${digest} IS NOT NULL THEN ${digest} <> ${digestOfNewest} ELSE ${changed} OR ${fewer} END`,
    values: [
      assetId,
      assetId,
      ...related.values,
      assetId,
      ...related.values,
      assetId,
      assetId,
      assetId,
      ...related.values,
      assetId,
    ],
  };
}

function parseVersion(text: string): { partitionId: number; dataVersion: string } {
  const at = text.indexOf(":");
  return { partitionId: Number(text.slice(0, at)), dataVersion: text.slice(at + 1) };
}
