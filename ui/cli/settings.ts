import { resolve } from "node:path";
import { parseRetention, retentionRules } from "../../engine/operate.ts";
import type { SettingView } from "../server/server-options.ts";

/** What the command line itself goes by. */
export interface SheafSettings {
  /** Absolute. */
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly adminToken: string | null;
  /** How long what runs may go on after the first signal. */
  readonly drainMs: number;
  /** As it was given; each project's own rules stand below it. */
  readonly retention: string;
  /** As it was given; null where none was. */
  readonly workspace: string | null;
  readonly sparqlPublic: boolean;
  readonly url: string | null;
  readonly token: string | null;
}

export interface SheafSettingsReport {
  readonly settings: SheafSettings;
  /** With secrets masked. */
  readonly effective: readonly SettingView[];
  /** By name, all at once. */
  readonly problems: readonly SheafSettingProblem[];
}

export interface SheafSettingProblem {
  readonly severity: "error" | "warning";
  readonly name: string;
  readonly message: string;
}

/** A variable's value and where it came from: `flag`, `environment`, or a file's name. */
export interface Origin {
  readonly value: string;
  readonly source: string;
}

export type Origins = ReadonlyMap<string, Origin>;

interface Row {
  readonly name: string;
  readonly fallback: string | null;
  readonly secret?: boolean;
  readonly expected?: string;
  readonly test?: (value: string) => boolean;
}

const MASK = "***";
/** A shorter one can be guessed. */
const GOOD_TOKEN_CHARACTERS = 16;

/** What runs for longer is cut off and runs again; nobody waits a day for a process to end. */
const MAX_DRAIN_SECONDS = 86_400;

const rows: readonly Row[] = [
  { name: "SHEAF_DATA_DIR", fallback: "./data" },
  { name: "SHEAF_HOST", fallback: "127.0.0.1" },
  { name: "SHEAF_PORT", fallback: "3000", expected: "a port number, 0 to 65535 (0: any)", test: isPort },
  {
    name: "SHEAF_ADMIN_TOKEN",
    fallback: null,
    secret: true,
    expected: "1 to 512 visible ASCII characters",
    test: (value) => /^[\x21-\x7e]{1,512}$/.test(value),
  },
  {
    name: "SHEAF_DRAIN_SECONDS",
    fallback: "5",
    expected: `whole seconds, 0 to ${MAX_DRAIN_SECONDS}`,
    test: (value) => /^\d{1,5}$/.test(value) && Number(value) <= MAX_DRAIN_SECONDS,
  },
  {
    name: "SHEAF_RETENTION",
    fallback: null,
    expected: "rules such as runs.succeeded=90d/1000, logs=30d",
    test: (value) => parseRetention(retentionRules(value)).problems.length === 0,
  },
  { name: "SHEAF_WORKSPACE", fallback: null },
  { name: "SHEAF_SPARQL_PUBLIC", fallback: null, expected: "read", test: (value) => value === "read" },
  {
    name: "SHEAF_URL",
    fallback: null,
    expected: "an address such as https://host",
    test: (value) => /^https?:\/\//.test(value) && URL.canParse(value),
  },
  { name: "SHEAF_TOKEN", fallback: null, secret: true },
];

export function sheafSettings(origins: Origins, cwd: string): SheafSettingsReport {
  const problems: SheafSettingProblem[] = [];
  const values = new Map<string, string | null>();
  const effective = rows.map(({ name, fallback, secret = false, expected = "", test = () => true }): SettingView => {
    const given = origins.get(name);
    const isGood = given === undefined || test(given.value);
    if (!isGood) {
      const shown = secret ? MASK : JSON.stringify(given.value);
      problems.push({ severity: "error", name, message: `${shown} is not ${expected}` });
    }
    values.set(name, isGood && given !== undefined ? given.value : fallback);
    if (given === undefined) return { name, value: fallback, source: "default" };
    return { name, value: secret ? MASK : given.value, source: given.source };
  });
  const text = (name: string): string => values.get(name) ?? "";
  const maybe = (name: string): string | null => values.get(name) ?? null;
  return {
    settings: {
      dataDir: resolve(cwd, text("SHEAF_DATA_DIR")),
      host: text("SHEAF_HOST"),
      port: Number(text("SHEAF_PORT")),
      adminToken: maybe("SHEAF_ADMIN_TOKEN"),
      retention: text("SHEAF_RETENTION"),
      drainMs: Number(text("SHEAF_DRAIN_SECONDS")) * 1000,
      workspace: maybe("SHEAF_WORKSPACE"),
      sparqlPublic: maybe("SHEAF_SPARQL_PUBLIC") === "read",
      url: maybe("SHEAF_URL"),
      token: maybe("SHEAF_TOKEN"),
    },
    effective,
    problems: [...problems, ...warnings(origins)],
  };
}

function isPort(value: string): boolean {
  return /^\d{1,5}$/.test(value) && Number(value) <= 65_535;
}

function warnings(origins: Origins): readonly SheafSettingProblem[] {
  const found = [...origins.keys()]
    .filter((name) => name.startsWith("SHEAF_") && !rows.some((row) => row.name === name))
    .map((name) => ({ name, message: "there is no such setting; check its spelling" }));
  const token = origins.get("SHEAF_ADMIN_TOKEN")?.value;
  if (token !== undefined && token.length < GOOD_TOKEN_CHARACTERS) {
    const message = `it has ${token.length} characters and can be guessed; take ${GOOD_TOKEN_CHARACTERS} or more`;
    found.push({ name: "SHEAF_ADMIN_TOKEN", message });
  }
  return found.map((problem) => ({ severity: "warning", ...problem }));
}

/** Flags go over the environment, the environment over files, a file over those that stand after it; empty means unset. */
export function mergeOrigins(
  sources: readonly { readonly source: string; readonly values: Readonly<Record<string, string | undefined>> }[],
): Origins {
  const merged = new Map<string, Origin>();
  for (const { source, values } of sources) {
    for (const [name, value] of Object.entries(values)) {
      if (value !== undefined && value.trim() !== "" && !merged.has(name)) merged.set(name, { value, source });
    }
  }
  return merged;
}

export function valuesOf(origins: Origins): Readonly<Record<string, string>> {
  return Object.fromEntries([...origins].map(([name, { value }]) => [name, value]));
}
