import { formatProblem } from "../../../assets/config/config-problem.ts";
import type { IngestSettings } from "../../../assets/config/ingest-settings.ts";
import { parseNabuFile } from "../../../assets/config/nabu-file.ts";
import { parseSourcesFile } from "../../../assets/config/sources-file.ts";
import { parseTenantFile } from "../../../assets/config/tenant-file.ts";
import { EngineError, loadLocations, type ObjectStore } from "../../../engine/operate.ts";
import type { ProblemView, ServiceView, SettingView } from "../../server/server-options.ts";
import type { Command } from "../command.ts";
import { tableLines } from "../table.ts";
import { printable, type Terminal } from "../terminal.ts";
import type { Deployment, ProjectPlan } from "./deployment.ts";
import type { StartContext } from "./start-command.ts";
import { openStores } from "./stores.ts";
import { askServices, locationProblems } from "./system-info.ts";

const SERVICE_TIMEOUT_MS = 10_000;
/** Files are parsed whole; a larger one is refused by the parser anyway. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** Everything that can be found wrong without running anything. */
export function checkCommand(context: StartContext): Command {
  return {
    name: "check",
    usage: "",
    summary: "Check settings, workspace, code, the services, and the configuration files in the bucket.",
    options: {},
    async run({ given, terminal }) {
      const deployment = context.deployment(given);
      const checks: ProjectCheck[] = [];
      for (const plan of deployment.projects) checks.push(await checkProject(plan, context));
      const problems = [...deployment.problems, ...checks.flatMap((check) => check.problems)];
      const isSound = problems.every(({ severity }) => severity !== "error") && checks.every(hasServices);
      if (terminal.isJson) terminal.json({ ok: isSound, problems: deployment.problems, projects: checks });
      else print(terminal, { deployment, checks, isSound });
      return isSound ? 0 : 1;
    },
  };
}

interface ProjectCheck {
  readonly project: string;
  readonly dataDir: string;
  readonly settings: readonly SettingView[];
  readonly unused: readonly { readonly name: string; readonly reason: string }[];
  readonly definitions: Readonly<Record<"assets" | "jobs" | "sensors" | "schedules" | "partitionSets", number>>;
  readonly services: readonly ServiceView[];
  readonly problems: readonly ProblemView[];
}

function hasServices(check: ProjectCheck): boolean {
  return check.services.every(({ ok }) => ok);
}

async function checkProject(plan: ProjectPlan, context: StartContext): Promise<ProjectCheck> {
  const { clock, ids, scheduler } = context;
  const { catalog, locations } = await loadLocations(plan.locations, plan.environment);
  const { settings } = plan.report;
  const found: ProblemView[] = [...plan.problems, ...locationProblems(locations)];
  const onProblem = (message: string): void => void found.push({ severity: "error", where: "triplestore", message });
  const stores = await openStores({ dataDir: plan.dataDir, settings, readOnly: true, clock, ids, onProblem });
  const tooLate = new AbortController();
  const disarm = scheduler.after(SERVICE_TIMEOUT_MS, () => {
    tooLate.abort(new EngineError("timeout", `no answer within ${SERVICE_TIMEOUT_MS / 1000} s`));
  });
  try {
    const services = await askServices(stores, { clock, signal: tooLate.signal });
    if (services[0]?.ok === true)
      found.push(...(await checkFiles(stores.objects, { settings, signal: tooLate.signal })));
    const { assets, jobs, sensors, schedules, partitionSets } = catalog;
    return {
      project: plan.name,
      dataDir: plan.dataDir,
      settings: plan.effective,
      unused: plan.report.unused,
      definitions: {
        assets: assets.size,
        jobs: jobs.size,
        sensors: sensors.size,
        schedules: schedules.size,
        partitionSets: partitionSets.size,
      },
      services,
      problems: found,
    };
  } finally {
    disarm();
    await stores.close();
  }
}

interface FileParams {
  readonly settings: IngestSettings;
  readonly signal: AbortSignal;
}

/** The configuration files of the bucket, as the assets read them. */
async function checkFiles(objects: ObjectStore, { settings, signal }: FileParams): Promise<readonly ProblemView[]> {
  const { bucket } = settings.objects;
  const { sourcesKey, tenantKey, nabuKey } = settings.configFiles;
  const files = [
    { key: sourcesKey, parse: parseSourcesFile },
    { key: tenantKey, parse: parseTenantFile },
    { key: nabuKey, parse: parseNabuFile },
  ];
  const found: ProblemView[] = [];
  for (const { key, parse } of files) {
    const text = await readObject(objects, { bucket, key, signal });
    if (text === null) {
      if (key === nabuKey) continue;
      found.push({ severity: "warning", where: `${bucket}/${key}`, message: "there is no such file; put it there" });
      continue;
    }
    for (const { severity, line, message } of parse({ text, file: key }).problems) {
      found.push({ severity, where: line === null ? key : `${key}:${line}`, message });
    }
  }
  return found;
}

async function readObject(
  objects: ObjectStore,
  ref: { bucket: string; key: string; signal: AbortSignal },
): Promise<Buffer | null> {
  try {
    const { body, details } = await objects.get(ref);
    if (details.sizeBytes > MAX_FILE_BYTES) {
      body.destroy();
      return Buffer.alloc(MAX_FILE_BYTES);
    }
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof EngineError && (error.code === "object_not_found" || error.code === "not_found")) return null;
    throw error;
  }
}

interface Printed {
  readonly deployment: Deployment;
  readonly checks: readonly ProjectCheck[];
  readonly isSound: boolean;
}

function print(terminal: Terminal, { deployment, checks, isSound }: Printed): void {
  for (const check of checks) {
    terminal.line(`${terminal.style("bold", check.project)} in ${check.dataDir}`);
    const { assets, jobs, sensors, schedules } = check.definitions;
    terminal.line(`  ${assets} assets, ${jobs} jobs, ${sensors} sensors, ${schedules} schedules`);
    const settings = check.settings.map(({ name, value, source }) => [`  ${name}`, value ?? "–", `(${source})`]);
    for (const line of tableLines(settings, terminal.columns)) terminal.line(line);
    for (const { name, reason } of check.unused)
      terminal.line(terminal.style("dim", `  ${name} is of no use: ${reason}`));
    for (const { name, description, ok, error, answeredInMs } of check.services) {
      const state = ok
        ? terminal.style("green", `answers in ${answeredInMs} ms`)
        : terminal.style("red", String(error));
      terminal.line(`  ${name}  ${description}  ${state}`);
    }
  }
  const problems = [...deployment.problems, ...checks.flatMap((check) => check.problems)];
  for (const { severity, where, message } of problems) {
    const text = printable(formatProblem({ severity, file: where, line: null, message }));
    terminal.line(terminal.style(severity === "error" ? "red" : "yellow", text));
  }
  if (deployment.isDemo) terminal.line("No workspace and no GLEANERIO_* variable: the demo.");
  terminal.line(isSound ? terminal.style("green", "sound") : terminal.style("red", "not sound"));
}
