import type { Connection } from "../database.ts";
import type { BackfillRow } from "./backfills.ts";

/** A backfill as views show it: with its tags and with the assets of all its waves. */
export interface BackfillSummaryRow extends BackfillRow {
  readonly tags: string;
  readonly assets: readonly string[];
}

export type BackfillSummaries = ReturnType<typeof backfillSummaries>;

/** Backfills by id; those that are gone are left out. */
export function backfillSummaries(db: Connection) {
  const byId = db.prepare<[number], BackfillRow & { readonly tags: string }>(
    "SELECT b.*, (SELECT body FROM tag_sets WHERE id = b.tag_set_id) AS tags FROM backfills b WHERE b.id = ?",
  );
  const waves = db.prepare<[number], { assets: string }>(
    "SELECT assets FROM backfill_members WHERE backfill_id = ? ORDER BY first_ordinal",
  );
  return (ids: readonly number[]): readonly BackfillSummaryRow[] =>
    ids.flatMap((id) => {
      const row = byId.get(id);
      if (row === undefined) return [];
      const texts = new Set(waves.all(id).map((wave) => wave.assets));
      return { ...row, assets: [...new Set([...texts].flatMap((text) => JSON.parse(text) as string[]))] };
    });
}
