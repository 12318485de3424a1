import { stripVTControlCharacters, styleText } from "node:util";

/** Where a command writes. Answers go to `out`, everything else to `err`. */
export interface Terminal {
  /** Machine-readable output was asked for: `json` prints, `line` goes to `err`. */
  readonly isJson: boolean;
  /** Whether a person watches, so that lines may be rewritten. */
  readonly isLive: boolean;
  /** Columns of the screen; 100 where there is none. */
  readonly columns: number;
  line(text: string): void;
  problem(text: string): void;
  json(value: unknown): void;
  /** Rewrites the last line, for progress; without a screen it writes nothing. */
  status(text: string): void;
  style(style: Style, text: string): string;
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

export interface TerminalParams {
  readonly isJson: boolean;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly hasColors: boolean;
}

const DEFAULT_COLUMNS = 100;

export function terminal({ isJson, stdout, stderr, hasColors }: TerminalParams): Terminal {
  let statusLength = 0;
  const isLive = stdout.isTTY && !isJson;
  const clearStatus = (): void => {
    if (statusLength > 0) stdout.write(`\r${" ".repeat(statusLength)}\r`);
    statusLength = 0;
  };
  return Object.freeze({
    isJson,
    isLive,
    columns: stdout.columns ?? DEFAULT_COLUMNS,
    line(text: string) {
      clearStatus();
      (isJson ? stderr : stdout).write(`${text}\n`);
    },
    problem(text: string) {
      clearStatus();
      stderr.write(`${text}\n`);
    },
    json: (value: unknown) => void stdout.write(`${JSON.stringify(value)}\n`),
    status(text: string) {
      if (!isLive) return;
      clearStatus();
      stdout.write(text);
      statusLength = stripVTControlCharacters(text).length;
    },
    style: (style: Style, text: string) =>
      hasColors && !isJson ? styleText(style, text, { validateStream: false }) : text,
  });
}

/** Control characters, line separators, and marks that turn the direction of text. */
// oxlint-disable-next-line no-control-regex -- control characters are what is replaced
const drivesScreens = /[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]+/g;

/** Names and messages come from pages and files of strangers; control characters in them must not drive the screen. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(drivesScreens, " ");
}
