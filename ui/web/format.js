const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @param {number} ms */
export function duration(ms) {
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${Math.floor((ms % MINUTE) / SECOND)} s`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ${Math.floor((ms % HOUR) / MINUTE)} min`;
  return `${Math.floor(ms / DAY)} d ${Math.floor((ms % DAY) / HOUR)} h`;
}

/** @param {{ startedAt: string | null, endedAt: string | null }} what */
export function took({ startedAt, endedAt }) {
  if (startedAt === null) return "";
  return duration(Math.max(0, (endedAt === null ? Date.now() : Date.parse(endedAt)) - Date.parse(startedAt)));
}

/** @param {string | null} at */
export function ago(at) {
  if (at === null) return "";
  const ms = Date.now() - Date.parse(at);
  if (ms < 5 * SECOND) return "now";
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s ago`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ago`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ago`;
  return `${Math.floor(ms / DAY)} d ago`;
}

/** @param {string | null} at */
export function until(at) {
  if (at === null) return "";
  const ms = Date.parse(at) - Date.now();
  if (ms < MINUTE) return "within a minute";
  if (ms < HOUR) return `in ${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `in ${Math.floor(ms / HOUR)} h`;
  return `in ${Math.floor(ms / DAY)} d`;
}

/** @param {string | null} at */
export function exactly(at) {
  return at === null ? "" : new Date(at).toLocaleString();
}

/** @param {string} at */
export function clockTime(at) {
  return new Date(at).toLocaleTimeString();
}

/**
 * A progress report as a line: `found 60 · stored 12`. Parts that are no numbers or short texts are left out.
 *
 * @param {Record<string, unknown> | null} progress
 */
export function progressLine(progress) {
  if (progress === null) return "";
  return Object.entries(progress)
    .filter(([, value]) => typeof value === "number" || (typeof value === "string" && value.length <= 60))
    .slice(0, 6)
    .map(([name, value]) => (typeof value === "number" ? figure(name, value) : `${spaced(name)} ${String(value)}`))
    .join(" · ");
}

/**
 * @param {string} name a duration's ends in its unit: `etaMs`
 * @param {number} value
 */
function figure(name, value) {
  return name.endsWith("Ms")
    ? `${spaced(name.slice(0, -2))} ${duration(value)}`
    : `${spaced(name)} ${value.toLocaleString()}`;
}

/** @param {string} name `startedAtMs` */
function spaced(name) {
  return name.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}
