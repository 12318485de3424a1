import { readFileSync } from "node:fs";
import { availableParallelism, hostname } from "node:os";
import { join } from "node:path";
import { systemClock, systemIds, systemScheduler } from "../../engine/adapters/system-clock.ts";
import { isEngineError } from "../../engine/operate.ts";
import { ApiProblem } from "./api.ts";
import { chooseApi } from "./choose-api.ts";
import { type Command, type Given, helpOf, parseCommand, UsageError } from "./command.ts";
import { limitsCommand } from "./commands/limits.ts";
import { listCommand } from "./commands/list.ts";
import { logsCommand } from "./commands/logs.ts";
import { backfillCommand, materializeCommand } from "./commands/materialize.ts";
import { pruneCommand } from "./commands/prune.ts";
import { runsCommand } from "./commands/runs.ts";
import { tokenCommand } from "./commands/token.ts";
import { backupCommand } from "./compose/backup-command.ts";
import { checkCommand } from "./compose/check-command.ts";
import { type Deployment, readDeployment } from "./compose/deployment.ts";
import { devCommand } from "./compose/dev-command.ts";
import { offlineApi } from "./compose/offline.ts";
import { restoreCommand } from "./compose/restore-command.ts";
import { startCommand } from "./compose/start-command.ts";
import { terminal } from "./terminal.ts";

const FAILED = 1;
const WRONG_USAGE = 2;
const INTERRUPTED = 130;

const [name, ...args] = process.argv.slice(2);
const clock = systemClock();
const scheduler = systemScheduler();
const ids = systemIds();
const version = readVersion();

const screen = terminal({
  isJson: args.includes("--json"),
  stdout: process.stdout,
  stderr: process.stderr,
  hasColors: process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "",
});

const base = {
  terminal: screen,
  version,
  host: hostname(),
  pid: process.pid,
  cores: availableParallelism(),
  clock,
  scheduler,
  ids,
};
const start = { ...base, deployment, signals: process, exitNow: (code: number) => process.exit(code) };
const commands: readonly Command[] = [
  startCommand(start),
  devCommand({ ...start, args, main: new URL("./sheaf.mjs", import.meta.url) }),
  checkCommand(start),
  listCommand,
  materializeCommand,
  backfillCommand,
  runsCommand,
  limitsCommand,
  logsCommand,
  tokenCommand,
  pruneCommand,
  backupCommand(start),
  restoreCommand(start),
];

// `sheaf runs | head` closes the pipe early.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exit(await main());

async function main(): Promise<number> {
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    screen.line(overview());
    return name === undefined ? WRONG_USAGE : 0;
  }
  if (name === "--version" || name === "-v") {
    screen.line(version);
    return 0;
  }
  const command = commands.find((known) => known.name === name);
  if (command === undefined) {
    screen.problem(`sheaf: there is no command "${name}"\n\n${overview()}`);
    return WRONG_USAGE;
  }
  try {
    return await runCommand(command);
  } catch (error) {
    return complain(command, error);
  }
}

async function runCommand(command: Command): Promise<number> {
  const given = parseCommand(command, args);
  if (given.flag("help")) {
    screen.line(helpOf(command));
    return 0;
  }
  const interrupted = new AbortController();
  const runsItself = ["start", "dev"].includes(command.name);
  if (!runsItself) {
    process.once("SIGINT", () => {
      interrupted.abort(new Error("interrupted"));
    });
  }
  const api = chooseApi({
    settings: () => deployment(given).settings,
    project: given.text("project"),
    offline: async () => await offlineApi({ ...base, deployment: deployment(given), project: given.text("project") }),
  });
  try {
    return await command.run({ given, terminal: screen, clock, signal: interrupted.signal, api: api.open });
  } catch (error) {
    if (interrupted.signal.aborted) return INTERRUPTED;
    throw error;
  } finally {
    await api.close();
  }
}

function deployment(given: Given): Deployment {
  return readDeployment({
    cwd: process.cwd(),
    environment: process.env,
    flags: {
      SHEAF_DATA_DIR: given.text("data-dir"),
      SHEAF_HOST: given.text("host"),
      SHEAF_PORT: given.text("port"),
      SHEAF_DRAIN_SECONDS: given.text("drain"),
      SHEAF_WORKSPACE: given.text("workspace"),
      SHEAF_URL: given.text("url"),
    },
    envFile: given.text("env-file"),
  });
}

function complain(command: Command, error: unknown): number {
  if (error instanceof UsageError) {
    screen.problem(`sheaf: ${error.message}\n\n${helpOf(command)}`);
    return WRONG_USAGE;
  }
  if (!isEngineError(error) && !(error instanceof ApiProblem)) throw error;
  if (screen.isJson) screen.json({ error: { code: error.code, message: error.message } });
  screen.problem(`sheaf: ${error.message}`);
  return FAILED;
}

function overview(): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  const lines = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return `sheaf ${version}\n\nUsage: sheaf <command> [options]\n\n${lines.join("\n")}\n\nsheaf <command> --help tells more.`;
}

/** The package's own; two folders up in a clone, one more in a package's `dist`. */
function readVersion(): string {
  for (const folder of ["../..", "../../.."]) {
    try {
      const text = readFileSync(join(import.meta.dirname, folder, "package.json"), "utf8");
      const found = JSON.parse(text) as { name?: string; version?: string };
      if (found.name === "sheaf" && found.version !== undefined) return found.version;
    } catch {
      // The next folder.
    }
  }
  return "unknown";
}
