import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startCommand } from "../start-command.ts";

/** What bare SQLite is asked to do: the row writes of so many runs, in so many commits. */
export interface FloorTask {
  readonly runs: number;
  /** Of each step of a run, how many inputs its materialization records. */
  readonly inputs: readonly number[];
  readonly commits: number;
  /** What one commit holds, see `floor.ts`. */
  readonly shape: "trigger" | "chain" | "backfill";
}

export interface FloorResult {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of each commit that counts, with its row writes; of a trigger's run the two before its code. */
  readonly commitMs: readonly number[];
  readonly counts: Readonly<Record<string, number>>;
}

const module = fileURLToPath(new URL("floor.ts", import.meta.url));

/** In a process of its own, with the flags that the engine runs with. */
export async function measureFloor(task: FloorTask): Promise<FloorResult> {
  const { environment, nodeFlags } = startCommand();
  const child = fork(module, [JSON.stringify(task)], {
    execArgv: [...nodeFlags],
    env: { ...process.env, ...environment },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [result] = (await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => {
      throw new Error(`the floor ended with ${code} and no figures`);
    }),
  ])) as [FloorResult];
  return result;
}
