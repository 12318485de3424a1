import { AsyncLocalStorage } from "node:async_hooks";
import { EngineError } from "../../engine/core/errors.ts";

/** Whoever is to hear of errors that its code leaves to nobody. */
export interface StrayHearer {
  hearStray(error: unknown): void;
}

const current = new AsyncLocalStorage<StrayHearer>();

export function runFor<T>(hearer: StrayHearer, task: () => T): T {
  return current.run(hearer, task);
}

/** What the victim of a kill hears at the point at which it dies; nobody hears what it says of it. */
export const killed = new EngineError("internal", "killed");

/** Hands errors that nobody catches to the engine's life that they came from; any other ends the process. */
export function hearStrays(): void {
  const hear = (error: unknown): void => {
    if (error === killed) return;
    const hearer = current.getStore();
    if (hearer === undefined) throw error;
    hearer.hearStray(error);
  };
  process.on("unhandledRejection", hear);
  process.on("uncaughtException", hear);
}
