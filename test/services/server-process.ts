import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 10_000;
const POLL_MS = 50;

export interface Starting {
  readonly name: string;
  readonly server: ChildProcess;
  readonly output: readonly string[];
}

/** Waits until a server answers at `url` with a status that is good. Throws with its last output where it does not. */
export async function untilAnswer(url: string, isGood: (status: number) => boolean, starting: Starting): Promise<void> {
  const { name, server, output } = starting;
  const deadlineMs = Date.now() + START_LIMIT_MS;
  while (Date.now() < deadlineMs && server.exitCode === null) {
    const status = await fetch(url).then(
      async (answer) => {
        await answer.body?.cancel();
        return answer.status;
      },
      () => 0,
    );
    if (status !== 0 && isGood(status)) return;
    await sleep(POLL_MS);
  }
  throw new Error(`${name} did not start: ${output.join("").slice(-2000)}`);
}

/** Ends a server, the hard way where it does not end by itself. */
export async function endServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, "exit");
  server.kill("SIGTERM");
  const gaveUp = await Promise.race([exited.then(() => false), sleep(STOP_LIMIT_MS, true, { ref: false })]);
  if (!gaveUp) return;
  server.kill("SIGKILL");
  await exited;
}
