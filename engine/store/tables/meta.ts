import type { Connection } from "../database.ts";

export type MetaTable = ReturnType<typeof metaTable>;

/** Facts of the record as a whole. */
export function metaTable(db: Connection) {
  const get = db.prepare<[string], { value: string }>("SELECT value FROM meta WHERE key = ?");
  const put = db.prepare(
    "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  );
  return {
    /** When `quick_check` last found nothing wrong. */
    checkedAtMs: (): number | null => numberOf(get.get("checked_at_ms")?.value),
    setCheckedAtMs: (atMs: number): void => {
      put.run("checked_at_ms", String(atMs));
    },
  };
}

function numberOf(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}
