import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, relative, resolve } from "node:path";
import { readSettings, type SettingsReport } from "../../../assets/config/settings.ts";
import { envFileProblems, parseEnvFile } from "../../../engine/adapters/env-file.ts";
import {
  type CodeLocation,
  EngineError,
  parseRetention,
  parseWorkspace,
  type RetentionPolicy,
  retentionRules,
  resolveLocation,
  type Workspace,
  type WorkspaceProject,
} from "../../../engine/operate.ts";
import type { ProblemView, SettingView } from "../../server/server-options.ts";
import { mergeOrigins, type Origins, sheafSettings, type SheafSettings, valuesOf } from "../settings.ts";

/** All that flags, environment, `.env` and workspace say, read and checked; nothing is opened yet. */
export interface Deployment {
  readonly settings: SheafSettings;
  readonly projects: readonly ProjectPlan[];
  /** Of the whole; each project has its own besides. */
  readonly problems: readonly ProblemView[];
  /** No workspace and no `GLEANERIO_*` variable: the demo's sites and configurations. */
  readonly isDemo: boolean;
  /** Files that said something, for `sheaf dev` to watch. */
  readonly files: readonly string[];
}

export interface ProjectPlan {
  readonly name: string;
  readonly dataDir: string;
  /** Every variable in force, by name. */
  readonly environment: Readonly<Record<string, string>>;
  readonly report: SettingsReport;
  readonly effective: readonly SettingView[];
  readonly locations: readonly CodeLocation[];
  readonly limits: WorkspaceProject["limits"];
  readonly retention: RetentionPolicy;
  readonly problems: readonly ProblemView[];
}

export interface DeploymentParams {
  readonly cwd: string;
  /** The process's. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `SHEAF_*` variables that flags set. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  /** Default: `.env`, where it is there. */
  readonly envFile: string | undefined;
}

const INGEST = "ingest";
/** What a deployment without a workspace loads. */
const DEFAULT_LOCATIONS = [INGEST];
const DEFAULT_WORKSPACE = "workspace.yaml";
const DEMO_PROJECT = "demo";

/** The modules of the built-in location, `.ts` in a clone, `.js` in a package. */
const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
const builtIns: ReadonlyMap<string, readonly URL[]> = new Map([
  [
    INGEST,
    ["assets/ingest", "sensors", "schedules"].map(
      (folder) => new URL(`../../../${folder}/index${extension}`, import.meta.url),
    ),
  ],
]);

/** Throws `config` where a file that was named cannot be read; whatever is wrong inside is told as problems. */
export function readDeployment(params: DeploymentParams): Deployment {
  const { cwd, environment, flags } = params;
  const envFile = readEnvFile(cwd, { file: params.envFile ?? ".env", isNamed: params.envFile !== undefined });
  const outer = [
    { source: "flag", values: flags },
    { source: "environment", values: environment },
  ];
  const origins = mergeOrigins([...outer, envFile]);
  const { settings, effective, problems } = sheafSettings(origins, cwd);
  const workspace = readWorkspace(cwd, { settings, origins });
  const isDemo = workspace === null && ![...origins.keys()].some((name) => name.startsWith("GLEANERIO_"));
  const planned = workspace?.workspace.projects ?? [defaultProject];
  const shared = { cwd, outer, envFile, settings, effective, isDemo, isOnly: planned.length === 1, workspace };
  const projects = planned.map((project) => planProject(project, shared));
  return {
    settings,
    projects,
    problems: [
      ...problems.map(({ severity, name, message }) => ({ severity, where: name, message })),
      ...envFile.problems,
      ...(workspace?.workspace.problems ?? []).map(({ severity, file, line, message }) => ({
        severity,
        where: `${file}:${line}`,
        message,
      })),
      ...sharedFolders(projects),
    ],
    isDemo,
    files: [envFile.path, ...(workspace === null ? [resolve(cwd, DEFAULT_WORKSPACE)] : [workspace.path])],
  };
}

const defaultProject: WorkspaceProject = {
  name: null,
  env: null,
  dataDir: null,
  locations: DEFAULT_LOCATIONS.map((name) => ({ name, line: 1 })),
  limits: [],
  retention: {},
};

interface EnvFile {
  readonly source: string;
  readonly path: string;
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly ProblemView[];
}

function readEnvFile(folder: string, { file, isNamed }: { file: string; isNamed: boolean }): EnvFile {
  const path = resolve(folder, file);
  const source = basename(path);
  if (!isNamed && !existsSync(path)) return { source, path, values: {}, problems: [] };
  const text = readText(path);
  const problems = envFileProblems(text).map(({ line, reason }): ProblemView => ({
    severity: "error",
    where: `${source}:${line}`,
    message: reason,
  }));
  return { source, path, values: parseEnvFile(text), problems };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError("config", `cannot read ${path}: ${reason}`, { cause: error });
  }
}

interface ReadWorkspace {
  readonly path: string;
  readonly workspace: Workspace;
}

/** The one that is named; else `GLEANERIO_WORKSPACE_CONFIG_PATH`'s unless it is Dagster's; else one in this folder. */
function readWorkspace(
  cwd: string,
  { settings, origins }: { settings: SheafSettings; origins: Origins },
): ReadWorkspace | null {
  const read = (path: string): ReadWorkspace => {
    const file = relative(cwd, path) || path;
    return { path, workspace: parseWorkspace({ text: readText(path), file }) };
  };
  if (settings.workspace !== null) return read(resolve(cwd, settings.workspace));
  const former = origins.get("GLEANERIO_WORKSPACE_CONFIG_PATH")?.value;
  if (former !== undefined && existsSync(resolve(cwd, former))) {
    const found = read(resolve(cwd, former));
    if (found.workspace.form === "sheaf") return found;
  }
  const here = resolve(cwd, DEFAULT_WORKSPACE);
  return existsSync(here) ? read(here) : null;
}

interface PlanShared {
  readonly cwd: string;
  readonly outer: readonly { readonly source: string; readonly values: Readonly<Record<string, string | undefined>> }[];
  readonly envFile: EnvFile;
  readonly settings: SheafSettings;
  readonly effective: readonly SettingView[];
  readonly isDemo: boolean;
  readonly isOnly: boolean;
  readonly workspace: ReadWorkspace | null;
}

function planProject(project: WorkspaceProject, shared: PlanShared): ProjectPlan {
  const { cwd, outer, envFile, settings, isDemo, workspace } = shared;
  const folder = workspace === null ? cwd : dirname(workspace.path);
  const own = project.env === null ? null : readProjectEnv(folder, project.env);
  const demo = isDemo ? [{ source: "demo", values: { PROJECT: DEMO_PROJECT } }] : [];
  const named = project.name === null ? [] : [{ source: "workspace", values: { PROJECT: project.name } }];
  const origins = mergeOrigins([...named, ...outer, ...(own === null ? [] : [own]), envFile, ...demo]);
  const environment = valuesOf(origins);
  const report = readSettings(environment, {
    origins: Object.fromEntries([...origins].map(([name, { source }]) => [name, source])),
    workspaceIsDagster: () => workspace?.workspace.form !== "sheaf",
  });
  const name = project.name ?? report.settings.project;
  return {
    name,
    dataDir: dataDirOf(project, { folder, settings, isOnly: shared.isOnly, name }),
    environment,
    report,
    effective: [...shared.effective, ...report.effective],
    limits: project.limits,
    retention: parseRetention({ ...project.retention, ...retentionRules(settings.retention) }).policy,
    locations: project.locations.map((location) => resolveLocation(location.name, { folder, builtIns })),
    problems: [
      ...(own?.problems ?? []),
      ...report.problems.map(({ severity, name: where, message }) => ({ severity, where, message })),
    ],
  };
}

/** A missing environment file is that project's problem, and no other's. */
function readProjectEnv(folder: string, file: string): EnvFile {
  try {
    return readEnvFile(folder, { file, isNamed: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      source: file,
      path: resolve(folder, file),
      values: {},
      problems: [{ severity: "error", where: file, message }],
    };
  }
}

interface DataDirParams {
  readonly folder: string;
  readonly settings: SheafSettings;
  readonly isOnly: boolean;
  readonly name: string;
}

function dataDirOf(project: WorkspaceProject, { folder, settings, isOnly, name }: DataDirParams): string {
  if (project.dataDir !== null) return resolve(folder, project.dataDir);
  return isOnly ? settings.dataDir : resolve(settings.dataDir, name);
}

function sharedFolders(projects: readonly ProjectPlan[]): readonly ProblemView[] {
  return projects.flatMap(({ name, dataDir }, index) => {
    const before = projects.slice(0, index).find((other) => other.dataDir === dataDir);
    if (before === undefined) return [];
    const message = `projects "${before.name}" and "${name}" have the same data directory ${dataDir}`;
    return [{ severity: "error" as const, where: "workspace", message }];
  });
}
