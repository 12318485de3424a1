import type { RunView } from "../../../../engine/operate.ts";
import { runName } from "../../design/names.ts";

/** A job's runs, laid out so that none covers another. */
export interface Lane {
  readonly job: string;
  readonly rows: readonly (readonly RunView[])[];
}

/** Lanes by job, the one that ran last first; overlapping runs of a job stand below one another, up to `maxRows`. */
export function lanesOf(
  runs: readonly RunView[],
  { nowMs, maxRows }: { nowMs: number; maxRows: number },
): readonly Lane[] {
  const byJob = Map.groupBy(
    runs.filter((run) => run.startedAt !== null),
    runName,
  );
  return [...byJob].map(([job, own]) => ({ job, rows: rowsOf(own, { nowMs, maxRows }) }));
}

/** Each run goes to the first row that is free by then; those past the last row share it. */
function rowsOf(
  runs: readonly RunView[],
  { nowMs, maxRows }: { nowMs: number; maxRows: number },
): readonly (readonly RunView[])[] {
  const rows: { endMs: number; runs: RunView[] }[] = [];
  const inOrder = runs.toSorted((a, b) => (a.startedAt ?? "").localeCompare(b.startedAt ?? "", "en"));
  for (const run of inOrder) {
    const startMs = Date.parse(run.startedAt ?? run.createdAt);
    const endMs = run.endedAt === null ? nowMs : Date.parse(run.endedAt);
    const free = rows.find((row) => row.endMs <= startMs) ?? (rows.length < maxRows ? undefined : rows.at(-1));
    if (free === undefined) rows.push({ endMs, runs: [run] });
    else {
      free.runs.push(run);
      free.endMs = Math.max(free.endMs, endMs);
    }
  }
  return rows.map((row) => row.runs);
}
