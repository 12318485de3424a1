import { parseArgs } from "node:util";
import type { Clock } from "../../engine/operate.ts";
import type { Api } from "./api.ts";
import type { Terminal } from "./terminal.ts";

/** A wrong call; the message is followed by how to call it. */
export class UsageError extends Error {}

export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly multiple?: boolean;
  /** How its value is shown in the help. */
  readonly value?: string;
  readonly summary: string;
}

export type Options = Readonly<Record<string, Option>>;

export interface Given {
  readonly positionals: readonly string[];
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  flag(name: string): boolean;
}

export interface CommandContext {
  readonly given: Given;
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** Aborts on Ctrl-C, for commands that wait. */
  readonly signal: AbortSignal;
  /** The engine that runs, at the control socket or at `--url`; for `reading`, without one, its record. */
  api(use: "reading" | "changing"): Promise<Api>;
}

export interface Command {
  readonly name: string;
  /** What follows the name in the help. */
  readonly usage: string;
  readonly summary: string;
  readonly details?: string;
  readonly options: Options;
  /** Resolves with the exit code. */
  run(context: CommandContext): Promise<number>;
}

/** Options that every command takes. */
export const commonOptions: Options = {
  json: { type: "boolean", summary: "print JSON" },
  help: { type: "boolean", short: "h", summary: "print this" },
  project: { type: "string", value: "name", summary: "the project; default: the first" },
  url: { type: "string", value: "url", summary: "an engine elsewhere, with SHEAF_TOKEN (also SHEAF_URL)" },
  "data-dir": { type: "string", value: "folder", summary: "SHEAF_DATA_DIR; default ./data" },
  "env-file": { type: "string", value: "file", summary: "read instead of ./.env" },
  workspace: { type: "string", value: "file", summary: "SHEAF_WORKSPACE; default ./workspace.yaml, if there" },
};

/** Throws `UsageError` on what the command does not take. */
export function parseCommand(command: Pick<Command, "options">, args: readonly string[]): Given {
  const options = Object.fromEntries(
    Object.entries({ ...commonOptions, ...command.options }).map(([name, { type, short, multiple = false }]) => [
      name,
      { type, multiple, ...(short === undefined ? {} : { short }) },
    ]),
  );
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split(". ", 1)[0] ?? "") : String(error));
  }
  const { values, positionals } = parsed;
  return {
    positionals,
    text(name) {
      const value = values[name];
      return typeof value === "string" ? value : undefined;
    },
    texts(name) {
      const value = values[name];
      return Array.isArray(value) ? value.map(String) : typeof value === "string" ? [value] : [];
    },
    flag: (name) => values[name] === true,
  };
}

export function helpOf(command: Command): string {
  const usage = `Usage: sheaf ${command.name}${command.usage === "" ? "" : ` ${command.usage}`} [options]`;
  const details = command.details === undefined ? "" : `\n\n${command.details}`;
  return `${usage}\n\n${command.summary}${details}\n\nOptions:\n${optionLines({ ...command.options, ...commonOptions })}`;
}

function optionLines(options: Options): string {
  const rows = Object.entries(options).map(([name, { short, value, summary }]) => {
    const spelled = `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` <${value}>`}`;
    return [spelled, summary] as const;
  });
  const width = Math.max(...rows.map(([spelled]) => spelled.length));
  return rows.map(([spelled, summary]) => `  ${spelled.padEnd(width)}  ${summary}`).join("\n");
}
