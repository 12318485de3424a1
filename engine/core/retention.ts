import type { TerminalRunStatus, TickStatus } from "./states.ts";

/** What is kept of one kind: both bounds hold; null stands for none. */
export interface Keep {
  readonly ageMs: number | null;
  /** The newest of each job, or of each automation. */
  readonly count: number | null;
}

export interface RetentionPolicy {
  readonly runs: Readonly<Record<TerminalRunStatus, Keep>>;
  readonly ticks: Readonly<Record<Exclude<TickStatus, "started">, Keep>>;
  /** Log lines and events may go before the run that they belong to. */
  readonly logs: Keep;
  readonly events: Keep;
  readonly audit: Keep;
}

const DAY_MS = 86_400_000;
const days = (age: number, count: number | null = null): Keep => ({ ageMs: age * DAY_MS, count });

export const defaultRetention: RetentionPolicy = {
  runs: { succeeded: days(90, 100_000), failed: days(180, 100_000), canceled: days(90, 100_000) },
  ticks: { succeeded: days(90, 10_000), skipped: days(7, 10_000), failed: days(90, 10_000) },
  logs: days(30),
  events: days(90),
  audit: days(400),
};

/** Every name that a setting may use. Logs, events and the audit trail are kept by age alone. */
export const retentionNames = [
  "runs.succeeded",
  "runs.failed",
  "runs.canceled",
  "ticks.succeeded",
  "ticks.skipped",
  "ticks.failed",
  "logs",
  "events",
  "audit",
] as const;

type RetentionName = (typeof retentionNames)[number];

const RULE = /^(?:(\d{1,5})d)?(?:\/?(\d{1,9}))?$/;
const byAgeAlone: ReadonlySet<string> = new Set(["logs", "events", "audit"]);

export interface ParsedRetention {
  readonly policy: RetentionPolicy;
  /** One sentence each. */
  readonly problems: readonly string[];
}

/** `90d`, `1000`, `90d/1000` (both), or `keep` (for ever), by name; what is not named keeps its default. */
export function parseRetention(rules: Readonly<Record<string, string>>): ParsedRetention {
  const problems: string[] = [];
  const found = new Map<RetentionName, Keep>();
  for (const [name, text] of Object.entries(rules)) {
    const known = retentionNames.find((one) => one === name);
    const keep = parseKeep(text.trim());
    if (known === undefined) problems.push(`there is no "${name}" to keep; expected ${retentionNames.join(", ")}`);
    else if (keep === null) problems.push(`${name}: "${text}" is not 90d, 1000, 90d/1000 or keep`);
    else if (keep.count !== null && byAgeAlone.has(known)) problems.push(`${name} is kept by age alone, such as 90d`);
    else found.set(known, keep);
  }
  const pick = (name: RetentionName, otherwise: Keep): Keep => found.get(name) ?? otherwise;
  const { runs, ticks, logs, events, audit } = defaultRetention;
  const policy: RetentionPolicy = {
    runs: {
      succeeded: pick("runs.succeeded", runs.succeeded),
      failed: pick("runs.failed", runs.failed),
      canceled: pick("runs.canceled", runs.canceled),
    },
    ticks: {
      succeeded: pick("ticks.succeeded", ticks.succeeded),
      skipped: pick("ticks.skipped", ticks.skipped),
      failed: pick("ticks.failed", ticks.failed),
    },
    logs: pick("logs", logs),
    events: pick("events", events),
    audit: pick("audit", audit),
  };
  return { policy, problems };
}

function parseKeep(text: string): Keep | null {
  if (text === "keep") return { ageMs: null, count: null };
  const [whole, age, count] = RULE.exec(text) ?? [];
  if (whole === undefined || whole === "" || (age === undefined && text.startsWith("/"))) return null;
  if (age === undefined && count === undefined) return null;
  if (Number(count ?? 1) < 1) return null;
  return {
    ageMs: age === undefined ? null : Number(age) * DAY_MS,
    count: count === undefined ? null : Number(count),
  };
}

/** `runs.succeeded=90d/1000, logs=14d` as in a setting. */
export function retentionRules(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text
      .split(/[\s,]+/)
      .filter((part) => part !== "")
      .map((part) => {
        const at = part.indexOf("=");
        return at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
      }),
  );
}
