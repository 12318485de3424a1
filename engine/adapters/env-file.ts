/** The `.env` format as Docker Compose reads it. `node:util`'s parseEnv cuts `a#b` at the `#` and ends a value at `\"`. */

export interface EnvFileProblem {
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}

/** Names and values; a name given twice has its last value, lines that cannot be read are left out. */
export function parseEnvFile(text: string): Record<string, string> {
  return Object.fromEntries(scan(text).entries);
}

/** What `parseEnvFile` leaves out of the text, and why. Never quotes a value. */
export function envFileProblems(text: string): readonly EnvFileProblem[] {
  return scan(text).problems;
}

interface Scan {
  readonly entries: readonly (readonly [string, string])[];
  readonly problems: readonly EnvFileProblem[];
}

const BLANK = /[ \t]*(?:#[^\n]*)?(?:\n|$)/y;
const NAME = /[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=/y;
const SPACE_BEFORE_QUOTE = /[ \t]*(?=["'])/y;
const SINGLE_QUOTED = /'([^']*)'/y;
const DOUBLE_QUOTED = /"((?:[^"\\]|\\[^])*)"/y;
/** A `#` begins a comment only after white space. */
const PLAIN = /(?:(?![ \t]#)[^\n])*/y;
const REST = /[^\n]*(?:\n|$)/y;

function scan(source: string): Scan {
  const text = source.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const entries: (readonly [string, string])[] = [];
  const problems: EnvFileProblem[] = [];
  let offset = 0;
  function take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = offset;
    const match = pattern.exec(text);
    if (match !== null) offset += match[0].length;
    return match;
  }
  while (offset < text.length) {
    if (take(BLANK) !== null) continue;
    const start = offset;
    const problem = (reason: string): void => {
      problems.push({ line: text.slice(0, start).split("\n").length, reason });
      offset = start;
      take(REST);
    };
    const name = take(NAME)?.[1];
    if (name === undefined) {
      problem('no "NAME=value"');
      continue;
    }
    take(SPACE_BEFORE_QUOTE);
    const quote = text[offset];
    const single = quote === "'" ? take(SINGLE_QUOTED) : null;
    const double = quote === '"' ? take(DOUBLE_QUOTED) : null;
    if ((quote === "'" || quote === '"') && single === null && double === null) {
      problem(`${name}: the quote is not closed`);
      continue;
    }
    const plain = single === null && double === null ? take(PLAIN) : null;
    if (take(BLANK) === null) {
      problem(`${name}: there is text after the closing quote`);
      continue;
    }
    entries.push([name, single?.[1] ?? unescaped(double?.[1]) ?? plain?.[0].trim() ?? ""]);
  }
  return { entries, problems };
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\", $: "$" };

function unescaped(text: string | undefined): string | undefined {
  return text?.replaceAll(/\\([^])/g, (whole, letter: string) => escapes[letter] ?? whole);
}
