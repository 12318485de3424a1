import type { Connection } from "../database.ts";

export interface LimitRow {
  readonly kind: "runs" | "tag" | "tag_value" | "pool";
  readonly key: string;
  readonly value: string;
  readonly maximum: number;
}

export type LimitsTable = ReturnType<typeof limitsTable>;

/** Limits that an operator set; those in code and configuration hold where there is none. */
export function limitsTable(db: Connection) {
  const all = db.prepare<[], LimitRow>("SELECT * FROM limits ORDER BY kind, key, value");
  const put = db.prepare("INSERT OR REPLACE INTO limits (kind, key, value, maximum) VALUES (?, ?, ?, ?)");
  const remove = db.prepare(
    "DELETE FROM limits WHERE kind = ? AND (kind = 'runs' OR key = ? AND (kind <> 'tag' OR value = ?))",
  );
  return {
    all: (): readonly LimitRow[] => all.all(),
    put: (limit: LimitRow): void => {
      put.run(limit.kind, limit.key, limit.value, limit.maximum);
    },
    remove: (limit: Omit<LimitRow, "maximum">): boolean => remove.run(limit.kind, limit.key, limit.value).changes > 0,
  };
}
