import { ingestSettings } from "./ingest-settings.ts";
import type { IngestSettings } from "./ingest-settings.ts";
import { MASK, withoutCredentials } from "./secret.ts";
import { settingTable, strayReason } from "./setting-table.ts";
import type { Setting } from "./setting-table.ts";

export interface SettingProblem {
  readonly severity: "error" | "warning";
  readonly name: string;
  /** What is wrong, what is expected. Never holds a credential. */
  readonly message: string;
}

export interface EffectiveSetting {
  readonly name: string;
  /** Masked where it is a credential; null where there is none. */
  readonly value: string | null;
  /** Where it came from: `default`, or what `origins` says, or `environment`. */
  readonly source: string;
}

export interface UnusedSetting {
  readonly name: string;
  readonly reason: string;
}

export interface SettingsReport {
  /** To be used only where `problems` holds no error. */
  readonly settings: IngestSettings;
  /** All at once, by name. */
  readonly problems: readonly SettingProblem[];
  readonly effective: readonly EffectiveSetting[];
  /** Set, accepted, and of no effect. */
  readonly unused: readonly UnusedSetting[];
}

export interface SettingsOptions {
  /** By name, where a value came from (`.env`, `flag`), for `effective`. */
  readonly origins?: Readonly<Record<string, string>> | undefined;
  /** Whether the file that `GLEANERIO_WORKSPACE_CONFIG_PATH` names is Dagster's; taken as true. */
  readonly workspaceIsDagster?: ((path: string) => boolean) | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads every variable of today's `.env` (domain.md §6): quotes stripped, `{HOST}` replaced, empty counts as unset.
 * A malformed value is an error and its default stands in, so that all errors are found in one go.
 */
export function readSettings(environment: Environment, options: SettingsOptions = {}): SettingsReport {
  const problems: SettingProblem[] = [];
  const unused: UnusedSetting[] = [];
  const host = plain(environment["HOST"])?.replaceAll("{HOST}", "");
  const given = new Map<string, string>();
  for (const row of settingTable) {
    const raw = plain(environment[row.name]);
    if (raw === undefined) continue;
    if (row.unused !== null && !isOwnWorkspace(row, raw, options)) {
      unused.push({ name: row.name, reason: row.unused });
      continue;
    }
    if (raw.includes("{HOST}") && host === undefined) {
      problems.push({ severity: "error", name: row.name, message: "it holds {HOST}, but HOST is not set" });
      continue;
    }
    const value = raw.replaceAll("{HOST}", host ?? "");
    if (row.test(value)) given.set(row.name, value);
    else problems.push(malformed(row, value));
  }
  for (const named of Object.keys(environment)) {
    const stray = settingTable.some((row) => row.name === named) ? null : strayReason(named);
    if (stray !== null && plain(environment[named]) !== undefined) unused.push({ name: named, reason: stray });
  }
  checkTogether(given, { problems, unused });
  const settings = ingestSettings(given);
  const derived: Readonly<Record<string, string | null>> = {
    GLEANERIO_DOCKER_GLEANER_CONFIG: settings.containers.gleanerConfig,
    GLEANERIO_DOCKER_NABU_CONFIG: settings.containers.nabuConfig,
    GLEANERIO_GRAPH_SUMMARY_ENDPOINT: settings.graph.summaryUrl,
    GLEANERIO_GRAPH_SUMMARY_NAMESPACE: settings.graph.summaryNamespace,
  };
  return Object.freeze({
    settings,
    problems: Object.freeze(problems.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))),
    effective: Object.freeze(settingTable.filter((row) => row.unused === null).map((row) => effective(row, given))),
    unused: Object.freeze(unused),
  });

  function effective(row: Setting, values: ReadonlyMap<string, string>): EffectiveSetting {
    const value = values.get(row.name);
    if (value === undefined) {
      const fallback = derived[row.name] ?? row.fallback;
      return { name: row.name, value: fallback === null ? null : withoutCredentials(fallback), source: "default" };
    }
    const source = options.origins?.[row.name] ?? "environment";
    return { name: row.name, value: row.secret ? MASK : withoutCredentials(value), source };
  }
}

function isOwnWorkspace(row: Setting, path: string, { workspaceIsDagster }: SettingsOptions): boolean {
  return row.name === "GLEANERIO_WORKSPACE_CONFIG_PATH" && workspaceIsDagster?.(path) === false;
}

/** `docker run --env-file` keeps the quotes that Compose takes off. */
function plain(raw: string | undefined): string | undefined {
  const trimmed = raw?.trim() ?? "";
  const inner = /^(["'])(.*)\1$/s.exec(trimmed)?.[2] ?? trimmed;
  return inner === "" ? undefined : inner;
}

function malformed(row: Setting, value: string): SettingProblem {
  // What stands before an @ may be a login, however the rest is misspelt.
  const shown = row.secret || value.includes("@") ? "its value" : JSON.stringify(value.slice(0, 100));
  return { severity: "error", name: row.name, message: `${shown} is not ${row.expected}` };
}

interface Findings {
  readonly problems: SettingProblem[];
  readonly unused: UnusedSetting[];
}

/** What only shows when several variables are seen together. */
function checkTogether(given: ReadonlyMap<string, string>, { problems, unused }: Findings): void {
  const need = (name: string, because: string): void => {
    if (given.has(name) || problems.some((problem) => problem.name === name)) return;
    problems.push({ severity: "error", name, message: `it is missing; ${because}` });
  };
  const idle = (name: string, reason: string): void => {
    if (given.has(name)) unused.push({ name, reason });
  };
  const storeIdle = "GLEANERIO_MINIO_ADDRESS is not set, so objects are kept in a folder";
  const hasAddress = given.has("GLEANERIO_MINIO_ADDRESS");
  for (const name of ["GLEANERIO_MINIO_BUCKET", "GLEANERIO_MINIO_ACCESS_KEY", "GLEANERIO_MINIO_SECRET_KEY"]) {
    if (hasAddress) need(name, "GLEANERIO_MINIO_ADDRESS is set, so it is expected too");
  }
  for (const name of ["PORT", "USE_SSL", "ACCESS_KEY", "SECRET_KEY"]) {
    if (!hasAddress) idle(`GLEANERIO_MINIO_${name}`, storeIdle);
  }
  if (given.get("GLEANERIO_DOCKER_URL")?.includes("/api/endpoints/") === true) {
    need("GLEANERIO_PORTAINER_APIKEY", "GLEANERIO_DOCKER_URL is Portainer's, which asks for a key");
  }
  if (given.has("GLEANERIO_GRAPH_USERNAME")) {
    need("GLEANERIO_GRAPH_PASSWORD", "GLEANERIO_GRAPH_USERNAME is set, so it is expected too");
  }
  if (given.has("GLEANERIO_GRAPH_PASSWORD")) {
    need("GLEANERIO_GRAPH_USERNAME", "GLEANERIO_GRAPH_PASSWORD is set, so it is expected too");
  }
  if (given.has("SLACK_TOKEN")) need("SLACK_CHANNEL", "SLACK_TOKEN is set, so it is expected too");
  else idle("SLACK_CHANNEL", "SLACK_TOKEN is not set, so nothing is posted");
  if (!given.has("GLEANERIO_GRAPH_URL")) {
    idle("GLEANERIO_GRAPH_SUMMARY_ENDPOINT", "GLEANERIO_GRAPH_URL is not set, so the embedded triplestore is used");
  }
}
