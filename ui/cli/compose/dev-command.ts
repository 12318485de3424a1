import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command, Given } from "../command.ts";
import type { Terminal } from "../terminal.ts";
import { startOptions, type StartContext } from "./start-command.ts";

/** Editors write a file in several steps, and several files at a time. */
const SETTLE_MS = 200;
/** What is left of the child this long after its drain is ended: code that ignores its signal has ten seconds. */
const STOP_MS = 12_000;
const ignored = /(?:^|[\\/])(?:node_modules|\.git|dist|coverage)(?:[\\/]|$)|(?:^|[\\/])\.?#|~$|\.sw[a-z]$/;
const codeFile = /\.(?:[cm]?[jt]s|ya?ml|json|css|html|sql)$/;

export interface DevContext extends StartContext {
  /** The arguments after `dev`, for the child's `start`. */
  readonly args: readonly string[];
  readonly main: URL;
}

/** `start` in a child process that is started anew whenever code, environment or workspace change. */
export function devCommand(context: DevContext): Command {
  return {
    name: "dev",
    usage: "",
    summary: "Run as start does, and start anew when code, environment or workspace change.",
    options: startOptions,
    run: async ({ given, terminal }) => await new DevLoop(context, { given, terminal }).run(),
  };
}

interface DevParams {
  readonly given: Given;
  readonly terminal: Terminal;
}

class DevLoop {
  readonly #context: DevContext;
  readonly #params: DevParams;
  #child: ChildProcess | null = null;
  #watchers: FSWatcher[] = [];
  #isRestartDue = false;
  #isEnding = false;

  constructor(context: DevContext, params: DevParams) {
    this.#context = context;
    this.#params = params;
  }

  async run(): Promise<number> {
    const { signals } = this.#context;
    const ended = new Promise<number>((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        signals.on(signal, () => {
          // The terminal sends Ctrl-C to the child too; it takes both as one.
          this.#isEnding = true;
          if (this.#child === null) resolve(0);
          else this.#child.kill(signal);
        });
      }
      this.#onEnd = () => resolve(0);
    });
    this.#start();
    const code = await ended;
    this.#unwatch();
    return code;
  }

  #onEnd: () => void = () => {};

  #start(): void {
    const { main, args } = this.#context;
    this.#watch();
    const child = spawn(process.execPath, [fileURLToPath(main), "start", ...args], { stdio: "inherit" });
    this.#child = child;
    child.on("exit", (code) => {
      if (this.#child !== child) return;
      this.#child = null;
      if (this.#isEnding) this.#onEnd();
      else if (!this.#isRestartDue)
        this.#params.terminal.problem(`it ended (${code ?? "killed"}); waiting for a change`);
    });
  }

  /** The folders of all that the workspace names; in a clone also Sheaf's own. */
  #watch(): void {
    let dataDirs: readonly string[] = [];
    const read = (): readonly string[] => {
      try {
        const { projects, files } = this.#context.deployment(this.#params.given);
        dataDirs = projects.map(({ dataDir }) => dataDir + sep);
        const modules = projects.flatMap(({ locations }) => locations.flatMap((location) => location.modules));
        return [...files, ...modules.map((module) => dirname(fileURLToPath(module)))];
      } catch {
        // The child says what is wrong; a change of the usual files may put it right.
        return [".env", "workspace.yaml"].map((file) => resolve(file));
      }
    };
    for (const path of new Set(read())) {
      const isFolder = existsSync(path) && statSync(path).isDirectory();
      const folder = isFolder ? path : dirname(path);
      if (!existsSync(folder)) continue;
      this.#watchers.push(
        watch(folder, { recursive: isFolder }, (_event, changed) => {
          if (changed === null || ignored.test(changed)) return;
          if (dataDirs.some((dataDir) => resolve(folder, changed).startsWith(dataDir))) return;
          if (isFolder ? codeFile.test(changed) : changed === basename(path)) this.#restartSoon(changed);
        }),
      );
    }
  }

  #unwatch(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }

  #drainMs(): number {
    try {
      return this.#context.deployment(this.#params.given).settings.drainMs;
    } catch {
      // The change made the settings unreadable; the next start says so.
      return 0;
    }
  }

  #restartSoon(changed: string): void {
    if (this.#isRestartDue || this.#isEnding) return;
    this.#isRestartDue = true;
    this.#context.scheduler.after(SETTLE_MS, () => {
      this.#params.terminal.line(`${changed} changed; starting anew`);
      void this.#restart();
    });
  }

  async #restart(): Promise<void> {
    const child = this.#child;
    if (child !== null) {
      const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.kill("SIGTERM");
      const disarm = this.#context.scheduler.after(this.#drainMs() + STOP_MS, () => child.kill("SIGKILL"));
      await gone;
      disarm();
    }
    this.#isRestartDue = false;
    if (this.#isEnding) {
      this.#onEnd();
      return;
    }
    this.#unwatch();
    this.#start();
  }
}
