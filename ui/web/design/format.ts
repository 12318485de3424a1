/** How quantities are written: short, the same everywhere, pure. */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `340 ms`, `4.2 s`, `3 min 5 s`, `2 h 14 min`, `3 d 4 h`. */
export function durationText(ms: number): string {
  if (ms < SECOND_MS) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10 * SECOND_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return twoUnits(ms, { big: MINUTE_MS, small: SECOND_MS, names: ["min", "s"] });
  if (ms < DAY_MS) return twoUnits(ms, { big: HOUR_MS, small: MINUTE_MS, names: ["h", "min"] });
  return twoUnits(ms, { big: DAY_MS, small: HOUR_MS, names: ["d", "h"] });
}

function twoUnits(ms: number, units: { big: number; small: number; names: readonly [string, string] }): string {
  const { big, small, names } = units;
  const rest = Math.floor((ms % big) / small);
  return `${Math.floor(ms / big)} ${names[0]}${rest === 0 ? "" : ` ${rest} ${names[1]}`}`;
}

/** `just now`, `12 s ago`, `in 3 min`, `5 h ago`, `2 d ago`. */
export function relativeText(atMs: number, nowMs: number): string {
  const awayMs = Math.abs(atMs - nowMs);
  if (awayMs < 5 * SECOND_MS) return atMs > nowMs ? "in a moment" : "just now";
  const text = oneUnit(awayMs);
  return atMs > nowMs ? `in ${text}` : `${text} ago`;
}

function oneUnit(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Math.floor(ms / HOUR_MS)} h`;
  return `${Math.floor(ms / DAY_MS)} d`;
}

const exactFormats = new Map<string, Intl.DateTimeFormat>();

/** `2026-11-28 16:40:12 UTC`, in the zone. */
export function exactText(atMs: number, zone: string): string {
  let format = exactFormats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("sv-SE", {
      timeZone: zone,
      dateStyle: "short",
      timeStyle: "medium",
    });
    exactFormats.set(zone, format);
  }
  return `${format.format(atMs)} ${zone}`;
}

const clockFormats = new Map<string, Intl.DateTimeFormat>();

/** `16:40:12.345`, in the zone: for lines of a log. */
export function clockText(atMs: number, zone: string): string {
  let format = clockFormats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("sv-SE", {
      timeZone: zone,
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      fractionalSecondDigits: 3,
    });
    clockFormats.set(zone, format);
  }
  return format.format(atMs).replace(",", ".");
}

const integers = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** `12,345`. */
export function countText(count: number): string {
  return integers.format(count);
}

/** `1 run`, `2 runs`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${countText(count)} ${count === 1 ? noun : plural}`;
}

/** `0 B`, `12 kB`, `3.4 MB`; powers of 1,000. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"] as const;
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** Instants come as ISO 8601; NaN where there is none. */
export function msOf(instant: string | null): number {
  return instant === null ? Number.NaN : Date.parse(instant);
}

/** The first characters of a UUID that tell runs of one page apart: its random end, since its start is the time. */
export function shortId(id: string): string {
  return id.slice(-8);
}
