import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { EngineError, type Scheduler } from "../../../engine/operate.ts";
import type { Terminal } from "../terminal.ts";
import type { Deployment, ProjectPlan } from "./deployment.ts";
import { printProblem } from "./running.ts";

export interface LimitsWatchParams {
  readonly files: readonly string[];
  readonly scheduler: Scheduler;
  readonly terminal: Terminal;
  /** Reads the settings and the workspace anew. */
  readonly read: () => Deployment;
  /** Puts the limits of these projects in force. */
  readonly apply: (projects: readonly ProjectPlan[]) => Promise<void>;
}

/** Editors write a file in several steps. */
const SETTLE_MS = 200;

/**
 * Puts changed limits of the workspace in force while it runs. What else was changed there waits for the next start, and a
 * file with errors changes nothing.
 */
export function watchLimits(params: LimitsWatchParams): Disposable {
  const { scheduler, terminal } = params;
  const watchers: FSWatcher[] = [];
  let disarm: (() => void) | null = null;

  const apply = async (): Promise<void> => {
    disarm = null;
    try {
      const { projects, problems } = params.read();
      const errors = problems.filter(({ severity }) => severity === "error");
      for (const error of errors) printProblem(terminal, error);
      if (errors.length === 0) await params.apply(projects);
    } catch (error) {
      const message = error instanceof EngineError ? error.message : String(error);
      printProblem(terminal, { severity: "error", where: "workspace", message });
    }
  };

  for (const file of params.files) {
    try {
      // The folder, since a file that is replaced is another one.
      const watcher = watch(dirname(file), { persistent: false }, (_event, changed) => {
        if (changed !== basename(file)) return;
        disarm?.();
        disarm = scheduler.after(SETTLE_MS, () => void apply());
      });
      // A folder that goes away takes the watch with it; the next start reads the file again.
      watcher.on("error", () => watcher.close());
      watchers.push(watcher);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return {
    [Symbol.dispose]() {
      disarm?.();
      for (const watcher of watchers) watcher.close();
    },
  };
}
