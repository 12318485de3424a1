import type { Engine } from "../../../engine/operate.ts";
import type { Command, Given } from "../command.ts";
import type { Deployment } from "./deployment.ts";
import { watchLimits } from "./limits-watch.ts";
import { run, type RunParams } from "./running.ts";
import { type ErrorSource, heedStrayErrors } from "./stray-errors.ts";

/** npm passes Ctrl-C on to a process that got it already, so signals this close together are one. */
export const SAME_SIGNAL_MS = 1000;
/** By convention 128 and the signal's number. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

export interface StartContext extends Omit<RunParams, "deployment" | "onEngine"> {
  readonly signals: SignalSource & ErrorSource;
  deployment(given: Given): Deployment;
  exitNow(code: number): never;
}

/** The process's signals. */
export interface SignalSource {
  on(signal: keyof typeof exitCodes, listener: () => void): unknown;
}

export function startCommand(context: StartContext): Command {
  return {
    name: "start",
    usage: "",
    summary: "Run the engine, its page and its API, until Ctrl-C.",
    details:
      "Without a workspace and without any GLEANERIO_* variable it runs a demo: small web sites of its own, harvested\n" +
      "into ./data. Ctrl-C lets what runs end for 5 s (--drain); a second one, a second or more later, stops at once.\n" +
      "Nothing is lost by either: what was cut off runs again after the next start.",
    options: startOptions,
    run: async ({ given, terminal }) => {
      const deployment = context.deployment(given);
      const { drainMs } = deployment.settings;
      const engines: Engine[] = [];
      heedStrayErrors({
        ...context,
        terminal,
        errors: context.signals,
        tellStray: (error) => engines.some((engine) => engine.tellStray(error)),
      });
      const running = await run({ ...context, terminal, deployment, onEngine: (engine) => engines.push(engine) });
      // Who reads that it is ready may tell it to stop at once.
      const signaled = firstSignal(context);
      await running.greet();
      using _watch = watchLimits({
        ...context,
        terminal,
        files: deployment.files,
        read: () => context.deployment(given),
        apply: (projects) => running.setLimits(projects),
      });
      const reason = await signaled;
      terminal.line(`stopping: what runs has ${drainMs / 1000} s; Ctrl-C again stops at once`);
      await running.stop({ deadlineMs: drainMs, reason });
      terminal.line("stopped");
      return 0;
    },
  };
}

export const startOptions: Command["options"] = {
  host: { type: "string", value: "address", summary: "SHEAF_HOST; default 127.0.0.1" },
  port: { type: "string", value: "number", summary: "SHEAF_PORT; default 3000" },
  drain: { type: "string", value: "seconds", summary: "SHEAF_DRAIN_SECONDS; default 5" },
};

export interface SignalContext extends Pick<StartContext, "clock"> {
  readonly signals: SignalSource;
  exitNow(code: number): void;
}

/** Resolves with the reason at the first signal; a later one ends the process. */
export async function firstSignal(context: SignalContext): Promise<string> {
  const { signals, clock } = context;
  return await new Promise((resolve) => {
    let firstAtMs: number | null = null;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      signals.on(signal, () => {
        if (firstAtMs === null) {
          firstAtMs = clock.monotonic();
          resolve(signal === "SIGINT" ? "stopped by Ctrl-C" : "told to stop");
        } else if (clock.monotonic() - firstAtMs >= SAME_SIGNAL_MS) context.exitNow(exitCodes[signal]);
      });
    }
  });
}
