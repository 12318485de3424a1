import { stripVTControlCharacters } from "node:util";

const GAP = "  ";
const MIN_LAST_COLUMN = 20;

/** Lines of columns as wide as their longest cell; the last one is cut to fit. */
export function tableLines(rows: readonly (readonly string[])[], columns: number): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, width(cell));
  }
  const before = widths.slice(0, -1).reduce((sum, one) => sum + one + GAP.length, 0);
  const room = Math.max(MIN_LAST_COLUMN, columns - before);
  return rows.map((row) =>
    row
      .map((cell, index) =>
        index === row.length - 1 ? cut(cell, room) : cell + " ".repeat(Math.max(0, (widths[index] ?? 0) - width(cell))),
      )
      .join(GAP)
      .trimEnd(),
  );
}

function width(text: string): number {
  return stripVTControlCharacters(text).length;
}

export function cut(text: string, room: number): string {
  return width(text) <= room ? text : `${text.slice(0, Math.max(1, room - 1))}…`;
}

/** `0.4 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** How long a run took, or has taken so far; empty before it started. */
export function runTime(
  run: { readonly startedAt: string | null; readonly endedAt: string | null },
  nowMs: number,
): string {
  if (run.startedAt === null) return "";
  const endMs = run.endedAt === null ? nowMs : Date.parse(run.endedAt);
  return duration(Math.max(0, endMs - Date.parse(run.startedAt)));
}
