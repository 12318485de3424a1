import { parseYaml, type YamlDocument, type YamlPath } from "../adapters/yaml-document.ts";
import type { Limit } from "../core/limits.ts";
import { parseRetention } from "../core/retention.ts";
import { isName } from "../core/names.ts";
import { readLimits } from "./workspace-limits.ts";

/** Which projects and code locations a deployment loads (`workspace.yaml`). */
export interface Workspace {
  readonly form: "sheaf" | "dagster";
  readonly projects: readonly WorkspaceProject[];
  readonly problems: readonly WorkspaceProblem[];
}

export interface WorkspaceProject {
  /** Null in Dagster's form, which names none: `PROJECT` does. */
  readonly name: string | null;
  /** Its environment file and its data directory, as the file spells them; null where it says nothing. */
  readonly env: string | null;
  readonly dataDir: string | null;
  readonly locations: readonly WorkspaceLocation[];
  /** Of what runs at the same time; an operator's word goes over them. */
  readonly limits: readonly Limit[];
  /** What is kept of its history, as `parseRetention` takes it. */
  readonly retention: Readonly<Record<string, string>>;
}

export interface WorkspaceLocation {
  /** The path of a module, or the name of a built-in location. */
  readonly name: string;
  readonly line: number;
}

export interface WorkspaceProblem {
  readonly severity: "error" | "warning";
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface ParseWorkspaceParams {
  readonly text: string | Uint8Array;
  /** The name that problems carry. */
  readonly file: string;
}

const example =
  "expected projects: [{ name, env, dataDir, locations: [module path or built-in name], limits, retention }]";
const projectFields: ReadonlySet<string> = new Set(["name", "env", "dataDir", "locations", "limits", "retention"]);

/** Reads Sheaf's own form, and of Dagster's what has a meaning here. Never throws on what a file can hold. */
export function parseWorkspace({ text, file }: ParseWorkspaceParams): Workspace {
  const document = parseYaml({ text, file });
  if (!document.ok) {
    const problems = document.problems.map(({ line, reason }) => problemAt("error", { file, line, message: reason }));
    return { form: "sheaf", projects: [], problems };
  }
  const reading = new WorkspaceReading(document, file);
  const { value } = document;
  const isDagster = isMapping(value) && "load_from" in value && !("projects" in value);
  const projects = isDagster ? reading.dagster(value["load_from"]) : reading.projects(value);
  return { form: isDagster ? "dagster" : "sheaf", projects, problems: reading.problems };
}

class WorkspaceReading {
  readonly problems: WorkspaceProblem[] = [];
  readonly #document: YamlDocument;
  readonly #file: string;

  constructor(document: YamlDocument, file: string) {
    this.#document = document;
    this.#file = file;
  }

  projects(value: unknown): readonly WorkspaceProject[] {
    if (!isMapping(value)) return this.#refuse([], `the file is empty or no mapping; ${example}`);
    for (const field of Object.keys(value)) {
      if (field !== "projects") this.#problem("error", [field], `"${field}" is not known here; ${example}`);
    }
    const items = value["projects"];
    if (!Array.isArray(items) || items.length === 0) return this.#refuse(["projects"], `no projects; ${example}`);
    const read = items.map((item: unknown, index) => this.#project(item, ["projects", index]));
    this.#checkTwice(
      read.map((project, index) => ({ name: project.name ?? "", path: ["projects", index, "name"] })),
      "project",
    );
    return read;
  }

  /** `load_from: [{ grpc_server: { location_name } }]`: the name selects a built-in location, the rest means nothing. */
  dagster(value: unknown): readonly WorkspaceProject[] {
    const entries: unknown[] = Array.isArray(value) ? value : [];
    if (entries.length === 0) this.#problem("error", ["load_from"], "load_from holds no location");
    const named: { readonly name: string; readonly path: YamlPath }[] = [];
    for (const [index, entry] of entries.entries()) {
      const server = isMapping(entry) ? entry["grpc_server"] : undefined;
      const name = isMapping(server) ? server["location_name"] : undefined;
      const path = ["load_from", index];
      if (typeof name === "string") named.push({ name, path: [...path, "grpc_server", "location_name"] });
      else {
        const kind = isMapping(entry) ? Object.keys(entry).join(", ") : "this entry";
        this.#problem("warning", path, `${kind} is Dagster's and loads nothing here; write it in TypeScript`);
      }
    }
    this.#checkTwice(named, "location");
    const locations = named.map(({ name, path }) => ({ name, line: this.#document.position(path).line }));
    return [{ name: null, env: null, dataDir: null, locations, limits: [], retention: {} }];
  }

  #project(item: unknown, path: YamlPath): WorkspaceProject {
    const fields = isMapping(item) ? item : {};
    if (!isMapping(item)) this.#problem("error", path, `a project is a mapping; ${example}`);
    for (const field of Object.keys(fields)) {
      if (!projectFields.has(field))
        this.#problem("error", [...path, field], `"${field}" is not known here; ${example}`);
    }
    const name = this.#text(fields["name"], [...path, "name"]);
    if (name === null) this.#problem("error", path, "a project needs a name");
    else if (!isName(name) || name.includes("/")) {
      this.#problem("error", [...path, "name"], `"${name}" is no project's name; use letters, digits, "_", ".", "-"`);
    }
    return {
      name,
      env: this.#text(fields["env"], [...path, "env"]),
      dataDir: this.#text(fields["dataDir"], [...path, "dataDir"]),
      locations: this.#locations(fields["locations"], [...path, "locations"]),
      limits: readLimits(fields["limits"], [...path, "limits"], (at, message) => this.#problem("error", at, message)),
      retention: this.#retention(fields["retention"], [...path, "retention"]),
    };
  }

  #locations(value: unknown, path: YamlPath): readonly WorkspaceLocation[] {
    const items: unknown[] = Array.isArray(value) ? value : [];
    if (items.length === 0) this.#problem("error", path, "a project needs locations: [module path or built-in name]");
    const named = items.flatMap((item, index) => {
      const name = this.#text(item, [...path, index]);
      return name === null ? [] : [{ name, path: [...path, index] }];
    });
    this.#checkTwice(named, "location");
    return named.map((one) => ({ name: one.name, line: this.#document.position(one.path).line }));
  }

  /** `runs: { succeeded: 90d }` and `logs: 30d`, by dotted names. */
  #retention(value: unknown, path: YamlPath): Readonly<Record<string, string>> {
    if (value === undefined || value === null) return {};
    const rules: Record<string, string> = {};
    const read = (node: unknown, at: YamlPath, name: string): void => {
      if (isMapping(node)) {
        for (const [key, inner] of Object.entries(node))
          read(inner, [...at, key], name === "" ? key : `${name}.${key}`);
      } else if (name !== "" && (typeof node === "string" || typeof node === "number")) rules[name] = String(node);
      else this.#problem("error", at, "expected retention: { runs: { succeeded: 90d }, logs: 30d }");
    };
    read(value, path, "");
    for (const problem of parseRetention(rules).problems) this.#problem("error", path, problem);
    return rules;
  }

  #text(value: unknown, path: YamlPath): string | null {
    if (value === undefined || value === null || value === "") return null;
    if (typeof value === "string") return value;
    this.#problem("error", path, "expected text");
    return null;
  }

  #checkTwice(named: readonly { readonly name: string; readonly path: YamlPath }[], noun: string): void {
    const first = new Map<string, number>();
    for (const { name, path } of named) {
      const { line } = this.#document.position(path);
      const before = first.get(name);
      if (before === undefined) first.set(name, line);
      else this.#problem("error", path, `${noun} "${name}" stands here and on line ${before}; rename or remove one`);
    }
  }

  #refuse(path: YamlPath, message: string): readonly [] {
    this.#problem("error", path, message);
    return [];
  }

  #problem(severity: WorkspaceProblem["severity"], path: YamlPath, message: string): void {
    const { line } = this.#document.position(path);
    this.problems.push(problemAt(severity, { file: this.#file, line, message }));
  }
}

function problemAt(severity: WorkspaceProblem["severity"], rest: Omit<WorkspaceProblem, "severity">): WorkspaceProblem {
  return Object.freeze({ severity, ...rest });
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
