/** How the runs of a day ended. */
export interface Day {
  readonly from: string;
  readonly succeeded: number;
  readonly failed: number;
  readonly canceled: number;
}

/** The local midnights of the last days, and the next one: `count` days lie between them, today the last. */
export function daysOf(nowMs: number, count: number): readonly number[] {
  const today = new Date(nowMs);
  return Array.from({ length: count + 1 }, (_, at) =>
    // Days are made by the calendar, not by 24 hours: one of them is shorter and one longer each year.
    new Date(today.getFullYear(), today.getMonth(), today.getDate() - count + 1 + at).getTime(),
  );
}

export function totalOf({ succeeded, failed, canceled }: Day): number {
  return succeeded + failed + canceled;
}

/** `12 today, 3 failed; 40 this day last week, 1 failed`. */
export function todayAgainstLastWeek(days: readonly Day[]): string {
  const today = days.at(-1);
  const before = days.at(-8);
  if (today === undefined) return "";
  const words = (day: Day): string => `${totalOf(day)}${day.failed > 0 ? ` (${day.failed} failed)` : ""}`;
  return `${words(today)} today${before === undefined ? "" : `; this day last week ${words(before)}`}`;
}
