/** From time to place on one axis that all bars of a run share. */
export interface TimeAxis {
  readonly fromMs: number;
  readonly toMs: number;
  /** In percent of the width, within 0 and 100. */
  place(ms: number): number;
  readonly ticks: readonly { readonly ms: number; readonly label: string }[];
}

const steps = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000,
] as const;
const WEEK_MS = 604_800_000;
const DAY_MS = 86_400_000;

const MAX_TICKS = 8;

/** Ticks stand at round durations from the start: what is asked of a run is how long, not at what o'clock. */
export function timeAxis(fromMs: number, toMs: number): TimeAxis {
  const end = Math.max(toMs, fromMs + 1);
  const span = end - fromMs;
  const step = steps.find((one) => span / one <= MAX_TICKS) ?? WEEK_MS * Math.ceil(span / WEEK_MS / MAX_TICKS);
  const ticks = [];
  for (let ms = 0; ms <= span; ms += step) ticks.push({ ms: fromMs + ms, label: tickText(ms) });
  return {
    fromMs,
    toMs: end,
    ticks,
    place: (ms) => Math.min(100, Math.max(0, ((ms - fromMs) / span) * 100)),
  };
}

function tickText(ms: number): string {
  if (ms === 0) return "0";
  if (ms < 1000) return `${ms} ms`;
  if (ms < 60_000) return `${ms / 1000} s`;
  if (ms < 3_600_000) return `${ms / 60_000} min`;
  if (ms < 3 * DAY_MS) return `${ms / 3_600_000} h`;
  return `${ms / DAY_MS} d`;
}
