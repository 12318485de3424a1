import type { RunStatus } from "../../../../engine/operate.ts";

/** A run's words in the order in which it goes through them. */
export const runWords = [
  "queued",
  "starting",
  "running",
  "canceling",
  "succeeded",
  "failed",
  "canceled",
] as const satisfies readonly RunStatus[];
