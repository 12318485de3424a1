import { registerContainerLives } from "./container-runner/lives.ts";
import { registerContainerLogs } from "./container-runner/logs.ts";
import type { OpenContainerRunner } from "./container-runner/support.ts";

/** Registers the tests that every container host passes. */
export function containerRunnerContract(open: OpenContainerRunner): void {
  registerContainerLives(open);
  registerContainerLogs(open);
}
