import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openClerkThread } from "../../../engine/adapters/clerk-thread.ts";
import {
  favorSizeInV8,
  giveMemoryBack,
  giveFreeMemoryBack,
  loopBusyShare,
} from "../../../engine/adapters/free-memory.ts";
import {
  type Clerk,
  type Clock,
  type Engine,
  EngineError,
  type IdSource,
  isEngineError,
  type Scheduler,
  type WorkerPool,
} from "../../../engine/operate.ts";
import { type Demo, startDemo } from "../../demo/demo.ts";
import { seedDemo } from "../../demo/seed-demo.ts";
import { startServer } from "../../server/server.ts";
import type { ProblemView, RunningServer, UnopenedProject } from "../../server/server-options.ts";
import { printEvents } from "../event-lines.ts";
import { printable, type Terminal } from "../terminal.ts";
import { consoleFolder } from "./console-build.ts";
import type { Deployment, ProjectPlan } from "./deployment.ts";
import { configuredLimits, type OpenedProject, openProject, openWorkers } from "./project.ts";
import { locationProblems, systemInfo } from "./system-info.ts";

export interface RunParams {
  readonly deployment: Deployment;
  readonly terminal: Terminal;
  readonly version: string;
  readonly host: string;
  readonly pid: number;
  readonly cores: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly ids: IdSource;
  /** Told of each engine before any of its code runs. */
  readonly onEngine: (engine: Engine) => void;
}

export interface Running {
  readonly url: string;
  /** Says where it is, and how to log in. */
  greet(): Promise<void>;
  /** Puts the limits of the same projects, read anew, in force. */
  setLimits(plans: readonly ProjectPlan[]): Promise<void>;
  /** Lets what runs go on for a while, then stops; what was cut off runs again after the next start. */
  stop(params: { readonly deadlineMs: number; readonly reason: string }): Promise<void>;
}

const LOGIN_CODE_MS = 10 * 60_000;
const ADMIN_TOKEN_NAME = "admin";
const SETTINGS_TOKEN_NAME = "SHEAF_ADMIN_TOKEN";

/** Opens every project, serves them, and starts. Throws `config`, `locked` and whatever else keeps it from that. */
export async function run(params: RunParams): Promise<Running> {
  const { deployment, terminal } = params;
  refuseErrors(deployment);
  const parts = new StartedParts();
  try {
    const memory = giveMemoryBack({
      ...params,
      favorSize: favorSizeInV8,
      giveBack: () => void giveFreeMemoryBack(),
      busyShare: loopBusyShare(),
    });
    parts.add(async () => memory[Symbol.dispose]());
    const clerk = openClerkThread(params);
    parts.add(async () => await clerk.close());
    const workers = openWorkers(params);
    parts.add(async () => await workers.close());
    const { projects, unopened } = await openProjects(params, { workers, clerk, parts });
    const demo = deployment.isDemo ? await openDemo(params, { projects, parts }) : null;
    const server = await serve(params, { projects, unopened });
    parts.add(async () => await server.close());
    const adminToken = await prepareAdmin(params, projects);
    for (const { plan, engine } of projects) {
      const label = projects.length > 1 ? plan.name : "";
      const stopPrinting = printEvents({ ...params, engine, label });
      parts.add(async () => stopPrinting());
      engine.onHealth(({ status }) => {
        if (status === "ok") terminal.line(`${plan.name}: the disk is well again; it goes on with its work`);
      });
      await engine.start();
    }
    return {
      url: server.url,
      greet: async () => await greet(params, { projects, demo, adminToken, server }),
      async setLimits(plans) {
        for (const { plan, engine } of projects) {
          const now = plans.find(({ name }) => name === plan.name);
          if (now !== undefined) await engine.commands.configureLimits(configuredLimits(now));
        }
      },
      async stop(how) {
        // The first project's record holds the logins of all: it stays open until the last one has drained.
        const drained = await Promise.allSettled(projects.map(async ({ engine }) => await engine.drain(how)));
        await parts.close();
        for (const one of drained) if (one.status === "rejected") throw one.reason;
      },
    };
  } catch (error) {
    await parts.close();
    if (isEngineError(error)) throw error;
    terminal.problem(error instanceof Error ? (error.stack ?? error.message) : String(error));
    throw new EngineError("internal", "it could not start: a bug, told above", { cause: error });
  }
}

/** What has to be closed, the newest first. */
class StartedParts {
  readonly #closers: (() => Promise<void>)[] = [];

  add(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  /** Closes each, and throws the first of their errors afterwards. */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      await close().catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }
}

function refuseErrors({ problems, projects }: Deployment): void {
  const errors = [...problems, ...projects.flatMap((project) => project.problems)].filter(
    ({ severity }) => severity === "error",
  );
  if (errors.length === 0) return;
  const list = errors.map(({ where, message }) => `\n  ${where}: ${message}`).join("");
  throw new EngineError("config", `it cannot start with these settings:${list}`);
}

interface OpenParams {
  readonly workers: WorkerPool;
  readonly clerk: Clerk;
  readonly parts: StartedParts;
}

interface Projects {
  readonly projects: readonly OpenedProject[];
  readonly unopened: readonly UnopenedProject[];
}

/** A project that cannot be opened keeps no other from running. Throws what the first says where none can. */
async function openProjects(params: RunParams, { workers, clerk, parts }: OpenParams): Promise<Projects> {
  const { deployment, terminal } = params;
  mkdirSync(deployment.settings.dataDir, { recursive: true, mode: 0o700 });
  const opened: OpenedProject[] = [];
  const unopened: UnopenedProject[] = [];
  for (const [index, plan] of deployment.projects.entries()) {
    const onProblem = (error: unknown): void => terminal.problem(problemLine(plan, error));
    let project: OpenedProject;
    try {
      project = await openProject(plan, { ...params, workers, clerk, onProblem });
    } catch (error) {
      const isLast = index === deployment.projects.length - 1;
      if (!isEngineError(error) || (isLast && opened.length === 0)) throw error;
      printProblem(terminal, { severity: "error", where: plan.name, message: `it does not run: ${error.message}` });
      unopened.push({ project: plan.name, isFirst: index === 0, error });
      continue;
    }
    opened.push(project);
    params.onEngine(project.engine);
    parts.add(async () => await project.stores.close());
    parts.add(async () => await project.engine.stop({ deadlineMs: 0, reason: "it could not start" }));
    for (const problem of [...plan.problems, ...locationProblems(project.locations)]) printProblem(terminal, problem);
  }
  for (const problem of deployment.problems) printProblem(terminal, problem);
  return { projects: opened, unopened };
}

function problemLine(plan: ProjectPlan, error: unknown): string {
  const text =
    error instanceof Error ? (isEngineError(error) ? error.message : (error.stack ?? error.message)) : String(error);
  return `${plan.name}: ${text}`;
}

export function printProblem(terminal: Terminal, { severity, where, message }: ProblemView): void {
  const style = severity === "error" ? "red" : "yellow";
  terminal.problem(`${terminal.style(style, severity)}  ${printable(where)}: ${printable(message)}`);
}

interface DemoParams {
  readonly projects: readonly OpenedProject[];
  readonly parts: StartedParts;
}

/** The demo's sites, and its configurations in the bucket, where they are not there already. */
async function openDemo(params: RunParams, { projects, parts }: DemoParams): Promise<Demo | null> {
  const [project] = projects;
  if (project === undefined) return null;
  const { dataDir } = project.plan;
  const demo = await startDemo({ dataDir, ids: params.ids });
  parts.add(async () => await demo.close());
  const { warnings } = await seedDemo({ store: project.stores.objects, demo, dataDir });
  for (const message of warnings) printProblem(params.terminal, { severity: "warning", where: "demo", message });
  return demo;
}

async function serve(params: RunParams, { projects, unopened }: Projects): Promise<RunningServer> {
  const { deployment, terminal } = params;
  const { settings } = deployment;
  return await startServer({
    ...params,
    engines: projects.map(({ engine }) => engine),
    unopened,
    host: settings.host,
    port: settings.port,
    system: systemInfo({ ...params, projects }),
    sparql: new Map(projects.map(({ plan, stores }) => [plan.name, stores.triples])),
    webFolder: await consoleFolder({
      onBuild: () => terminal.line("building the console; this happens after a change of it"),
    }),
    sparqlPublic: settings.sparqlPublic,
    secure: false,
    controlSocket: join(settings.dataDir, "control.sock"),
    log: (level, message) => terminal.problem(`${level}  ${message}`),
  });
}

/** The settings' token, or at the very first start a new one, which is shown this once. */
async function prepareAdmin({ deployment }: RunParams, [first]: readonly OpenedProject[]): Promise<string | null> {
  if (first === undefined) return null;
  const { access } = first.engine;
  const { adminToken } = deployment.settings;
  if (adminToken !== null) {
    await access.acceptToken({ name: SETTINGS_TOKEN_NAME, role: "admin", token: adminToken });
    return null;
  }
  await access.forgetToken(SETTINGS_TOKEN_NAME);
  if (access.tokens().length > 0) return null;
  const { token } = await access.createToken({ name: ADMIN_TOKEN_NAME, role: "admin", by: "first start" });
  return token;
}

interface Greeting {
  readonly projects: readonly OpenedProject[];
  readonly demo: Demo | null;
  readonly adminToken: string | null;
  readonly server: RunningServer;
}

async function greet(params: RunParams, { projects, demo, adminToken, server }: Greeting): Promise<void> {
  const { terminal, version, clock } = params;
  const [first] = projects;
  if (first === undefined) return;
  const code = await first.engine.access.createLoginCode({ role: "admin", ttlMs: LOGIN_CODE_MS });
  const link = `${browserUrl(server.url)}/login?code=${code}`;
  // The monotonic clock began with the process.
  const readyInMs = Math.round(clock.monotonic());
  if (terminal.isJson) {
    terminal.json({ type: "ready", version, url: server.url, link, adminToken, readyInMs, demo: demo?.origin ?? null });
    return;
  }
  const row = (name: string, text: string): void => terminal.line(`${terminal.style("dim", name.padEnd(10))}${text}`);
  for (const { plan, stores } of projects) {
    row("project", `${terminal.style("bold", plan.name)} in ${plan.dataDir}`);
    row("objects", stores.objects.description);
    row("graph", stores.triples.description);
  }
  if (demo !== null) row("demo", `sites at ${demo.origin}; set GLEANERIO_* or a workspace for your own`);
  if (adminToken !== null) row("token", `${adminToken}  (the admin's, shown this once)`);
  row("ready", `sheaf ${version} in ${readyInMs} ms`);
  row("open", `${terminal.style("bold", link)}  (good once, for 10 minutes)`);
}

/** An address to listen on is not always one to go to. */
function browserUrl(url: string): string {
  return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}
