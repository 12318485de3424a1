import type { LogLineView } from "../../../../engine/operate.ts";

export type LogLevel = LogLineView["level"];
export const logLevels = ["debug", "info", "warning", "error"] as const satisfies readonly LogLevel[];

export interface LogFilter {
  /** Lines of this level and those above it. */
  readonly level: LogLevel;
  readonly text: string;
}

/** Lines that a filter leaves. A text between slashes is a regular expression; one that is none matches as it is written. */
export function filterLog(lines: readonly LogLineView[], { level, text }: LogFilter): readonly LogLineView[] {
  const least = logLevels.indexOf(level);
  const matches = matcherOf(text);
  if (least === 0 && text === "") return lines;
  return lines.filter(
    (line) =>
      logLevels.indexOf(line.level) >= least &&
      (text === "" || matches(line.message) || (line.fields !== null && matches(JSON.stringify(line.fields)))),
  );
}

export function matcherOf(text: string): (line: string) => boolean {
  const pattern = /^\/(.+)\/$/.exec(text)?.[1];
  if (pattern !== undefined) {
    try {
      const expression = new RegExp(pattern, "i");
      return (line) => expression.test(line);
    } catch {}
  }
  const wanted = text.toLowerCase();
  return (line) => line.toLowerCase().includes(wanted);
}

/** The next error after a place in the list, or before it; the first or last one past the end. -1 where there is none. */
export function nextError(lines: readonly LogLineView[], from: number, step: 1 | -1): number {
  const count = lines.length;
  for (let away = 1; away <= count; away++) {
    const at = (((from + away * step) % count) + count) % count;
    if (lines[at]?.level === "error") return at;
  }
  return -1;
}

/** As a file: a line each, with time, level, step and fields. */
export function logText(lines: readonly LogLineView[]): string {
  return lines
    .map(({ at, level, step, attempt, message, fields }) => {
      const facts = fields === null ? "" : ` ${JSON.stringify(fields)}`;
      return `${at} ${level.padEnd(7)} [${step}/${attempt}] ${message}${facts}\n`;
    })
    .join("");
}
