import { EngineError } from "../../core/errors.ts";
import { errorMessage } from "./worker-error.ts";
import type { ErrorMessage } from "./worker-error.ts";

/** What a worker is asked: a function by its module and name, and its one argument. */
export interface WorkerOrder {
  readonly module: string;
  readonly task: string;
  readonly input: unknown;
}

/** What came of it. A task's error is an answer too: a rejection means that the worker itself broke. */
export type WorkerAnswer =
  | { readonly outcome: "returned"; readonly value: unknown }
  | { readonly outcome: "threw"; readonly error: ErrorMessage };

/** Runs in a worker thread, which keeps every module that it has loaded. */
export async function runOrder({ module, task, input }: WorkerOrder): Promise<WorkerAnswer> {
  try {
    const loaded = (await import(module)) as Readonly<Record<string, unknown>>;
    const run = loaded[task];
    if (typeof run !== "function") {
      throw new EngineError("definition", `${module} exports no function ${JSON.stringify(task)}`, {
        details: { module, task },
      });
    }
    const value = await (run as (input: unknown) => unknown)(input);
    return { outcome: "returned", value };
  } catch (error) {
    return { outcome: "threw", error: errorMessage(error) };
  }
}
