import { EngineError } from "../../core/errors.ts";
import type { PartitionIndex } from "../../core/plan.ts";
import { checkPartitionKey, type Dimension, isKeyOf, type PartitionSet, partsOfKey } from "../../core/partitions.ts";
import type { Connection, Statement } from "../database.ts";

export interface PartitionRow {
  readonly id: number;
  readonly set_id: number;
  readonly key: string;
  readonly state: "active" | "retired";
  readonly added_at_ms: number;
  readonly changed_at_ms: number;
  readonly reason: string;
}

export interface SetRow {
  readonly id: number;
  readonly name: string;
  readonly kind: string;
  readonly dimensions: string;
  readonly active: number;
  readonly retired: number;
}

export interface HeldRetirementRow {
  readonly set_id: number;
  readonly keys: string;
  readonly origin: string;
  readonly reason: string;
  readonly held_at_ms: number;
}

export interface ChangePartitionsParams {
  readonly set: PartitionSet;
  readonly keys: readonly string[];
  readonly nowMs: number;
  readonly reason: string;
}

/** The id of "not partitioned". */
export const NO_PARTITION = 0;

export type PartitionsTable = ReturnType<typeof partitionsTable>;

/** Partition sets, their keys, and the parts of product keys. */
export function partitionsTable(db: Connection) {
  const setIds = new Map<string, number>();
  const sql = {
    setByName: db.prepare<[string], SetRow>("SELECT * FROM partition_sets WHERE name = ?"),
    setById: db.prepare<[number], SetRow>("SELECT * FROM partition_sets WHERE id = ?"),
    sets: db.prepare<[], SetRow>("SELECT * FROM partition_sets WHERE id <> 0 ORDER BY name"),
    insertSet: db.prepare("INSERT INTO partition_sets (name, kind, dimensions) VALUES (?, ?, ?)"),
    updateSet: db.prepare("UPDATE partition_sets SET kind = ?, dimensions = ? WHERE id = ?"),
    byKey: db.prepare<[number, string], PartitionRow>("SELECT * FROM partitions WHERE set_id = ? AND key = ?"),
    byId: db.prepare<[number], PartitionRow>("SELECT * FROM partitions WHERE id = ?"),
    active: db.prepare<[number], PartitionRow>(
      "SELECT * FROM partitions WHERE set_id = ? AND state = 'active' ORDER BY key",
    ),
    activeId: db
      .prepare<[number, string], number>("SELECT id FROM partitions WHERE set_id = ? AND key = ? AND state = 'active'")
      .pluck(),
    activeIds: db
      .prepare<[number], number>("SELECT id FROM partitions WHERE set_id = ? AND state = 'active' ORDER BY key")
      .pluck(),
    activeIdsBetween: db
      .prepare<[number, string, string], number>(
        "SELECT id FROM partitions WHERE set_id = ? AND state = 'active' AND key BETWEEN ? AND ? ORDER BY key",
      )
      .pluck(),
    all: db.prepare<[number], PartitionRow>("SELECT * FROM partitions WHERE set_id = ? ORDER BY key"),
    insert: db.prepare(
      "INSERT INTO partitions (set_id, key, state, added_at_ms, changed_at_ms, reason) VALUES (?, ?, ?, ?, ?, ?)",
    ),
    setState: db.prepare("UPDATE partitions SET state = ?, changed_at_ms = ?, reason = ? WHERE id = ? AND state <> ?"),
    deleteParts: db.prepare("DELETE FROM partition_parts WHERE partition_id = ?"),
    insertPart: db.prepare("INSERT INTO partition_parts (partition_id, dimension, part_id) VALUES (?, ?, ?)"),
    hold: db.prepare(
      "INSERT OR REPLACE INTO held_retirements (set_id, keys, origin, reason, held_at_ms) VALUES (?, ?, ?, ?, ?)",
    ),
    unhold: db.prepare("DELETE FROM held_retirements WHERE set_id = ?"),
    held: db.prepare<[number], HeldRetirementRow>("SELECT * FROM held_retirements WHERE set_id = ?"),
  };
  const matching = new Map<string, Statement<unknown[], { key: string }>>();

  const setId = (name: string): number => {
    const known = setIds.get(name);
    if (known !== undefined) return known;
    const row = sql.setByName.get(name);
    if (row === undefined) throw new EngineError("not_found", `there is no partition set "${name}"`);
    setIds.set(name, row.id);
    return row.id;
  };

  const add = (params: ChangePartitionsParams): string[] => {
    const added: string[] = [];
    for (const key of params.keys) {
      const row = sql.byKey.get(setId(params.set.name), checkPartitionKey(key));
      if (row?.state === "active") continue;
      added.push(key);
      if (row !== undefined) {
        sql.setState.run("active", params.nowMs, params.reason, row.id, "active");
        continue;
      }
      const id = insertKey({ setId: setId(params.set.name), key, state: "active", ...params });
      if (params.set.dimensions.length > 1) insertParts(id, { ...params, key });
    }
    return added;
  };

  const insertKey = (params: { setId: number; key: string; state: string; nowMs: number; reason: string }): number =>
    Number(
      sql.insert.run(params.setId, params.key, params.state, params.nowMs, params.nowMs, params.reason).lastInsertRowid,
    );

  /** A part that its base set lacks is recorded there as retired: the pair exists, the key on its own was not added. */
  const insertParts = (id: number, params: { set: PartitionSet; key: string; nowMs: number }): void => {
    const parts = partsOfKey(params.set, params.key);
    for (const [index, dimension] of params.set.dimensions.entries()) {
      const base = setId(dimension.set);
      const key = parts[index] ?? "";
      const part = sql.byKey.get(base, key)?.id;
      const reason = `named by ${params.set.name}`;
      sql.insertPart.run(
        id,
        index,
        part ?? insertKey({ setId: base, key, state: "retired", nowMs: params.nowMs, reason }),
      );
    }
  };

  const retire = (params: ChangePartitionsParams): string[] =>
    params.keys.filter((key) => {
      const row = sql.byKey.get(setId(params.set.name), key);
      if (row === undefined) return false;
      return sql.setState.run("retired", params.nowMs, params.reason, row.id, "retired").changes > 0;
    });

  const matchingKeys = (to: PartitionSet, where: ReadonlyMap<number, string>): readonly string[] => {
    const conditions = to.dimensions.flatMap((dimension, index) => {
      const value = where.get(index);
      return value === undefined ? [] : [{ index, set: dimension.set, value }];
    });
    if (conditions.length === 0 || to.dimensions.length === 1) {
      const only = conditions[0];
      if (only === undefined) return sql.active.all(setId(to.name)).map((row) => row.key);
      return sql.byKey.get(setId(to.name), only.value)?.state === "active" ? [only.value] : [];
    }
    const ids = conditions.map((one) => sql.byKey.get(setId(one.set), one.value)?.id ?? -1);
    const shape = conditions.map((one) => one.index).join(",");
    const statement = matching.get(shape) ?? db.prepare<unknown[], { key: string }>(matchingSql(conditions));
    matching.set(shape, statement);
    return statement.all(...ids, setId(to.name)).map((row) => row.key);
  };

  const index: PartitionIndex = {
    isActive: (set, key) => sql.activeId.get(setId(set.name), key) !== undefined,
    matching: matchingKeys,
  };

  return {
    index,
    setId,
    add,
    retire,
    /**
     * Makes the set and the base sets of its dimensions known, or brings its row in line with the code. True where the
     * parts of its keys mean something else now: it is to be reshaped.
     */
    declareSet(set: PartitionSet): boolean {
      for (const { set: base } of set.kind === "product" ? set.dimensions : []) {
        if (sql.setByName.get(base) === undefined) {
          sql.insertSet.run(base, "dynamic", JSON.stringify([{ name: base, set: base }]));
        }
      }
      const dimensions = JSON.stringify(set.dimensions);
      const row = sql.setByName.get(set.name);
      if (row === undefined) sql.insertSet.run(set.name, set.kind, dimensions);
      else if (row.kind !== set.kind || row.dimensions !== dimensions) sql.updateSet.run(set.kind, dimensions, row.id);
      return row !== undefined && baseSets(JSON.parse(row.dimensions) as Dimension[]) !== baseSets(set.dimensions);
    },
    /** Reads the parts of a set's keys anew; retires the keys that do not fit its dimensions and returns them. */
    reshape({ set, ...change }: Omit<ChangePartitionsParams, "keys">): string[] {
      const misfits: string[] = [];
      for (const { id, key } of sql.all.all(setId(set.name))) {
        sql.deleteParts.run(id);
        if (!isKeyOf(set, key)) misfits.push(key);
        else if (set.dimensions.length > 1) insertParts(id, { set, key, nowMs: change.nowMs });
      }
      return retire({ set, keys: misfits, ...change });
    },
    sets: (): readonly SetRow[] => sql.sets.all(),
    set: (name: string): SetRow | undefined => sql.setByName.get(name),
    setById: (id: number): SetRow | undefined => sql.setById.get(id),
    find: (setName: string, key: string): PartitionRow | undefined => sql.byKey.get(setId(setName), key),
    byId: (id: number): PartitionRow | undefined => sql.byId.get(id),
    /** The id of a key, active or not; throws `not_found`. */
    idOf(set: PartitionSet, key: string): number {
      const row = sql.byKey.get(setId(set.name), key);
      if (row === undefined) {
        throw new EngineError("not_found", `the partition set "${set.name}" has no key ${JSON.stringify(key)}`, {
          details: { partitionSet: set.name, key },
        });
      }
      return row.id;
    },
    activeId: (setName: string, key: string): number | undefined => sql.activeId.get(setId(setName), key),
    /** In key order; those of a range with both its ends. */
    activeIds: (setName: string, range?: { readonly from: string; readonly to: string }): readonly number[] =>
      range === undefined
        ? sql.activeIds.all(setId(setName))
        : sql.activeIdsBetween.all(setId(setName), range.from, range.to),
    active: (setName: string): readonly PartitionRow[] => sql.active.all(setId(setName)),
    all: (setName: string): readonly PartitionRow[] => sql.all.all(setId(setName)),
    hold(params: { set: PartitionSet; keys: readonly string[]; origin: string; reason: string; nowMs: number }): void {
      sql.hold.run(setId(params.set.name), JSON.stringify(params.keys), params.origin, params.reason, params.nowMs);
    },
    unhold(set: PartitionSet): boolean {
      return sql.unhold.run(setId(set.name)).changes > 0;
    },
    held: (setName: string): HeldRetirementRow | undefined => sql.held.get(setId(setName)),
  };
}

function baseSets(dimensions: readonly Dimension[]): string {
  return dimensions.map((dimension) => dimension.set).join(" ");
}

function matchingSql(conditions: readonly { readonly index: number }[]): string {
  const joins = conditions
    .map(
      (one, at) =>
        `JOIN partition_parts p${at} ON p${at}.partition_id = p.id AND p${at}.dimension = ${one.index} AND p${at}.part_id = ?`,
    )
    .join(" ");
  return `SELECT p.key FROM partitions p ${joins} WHERE p.set_id = ? AND p.state = 'active' ORDER BY p.key`;
}
