import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../../ui/cli/sheaf.mjs", import.meta.url));

/** Killed at the end of its block, where a test failed before it was stopped. */
export interface Spawned extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Everything it wrote so far. */
  output(): string;
  /** Resolves with the text that matches; rejects when it ends first. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with its exit code. */
  ended(): Promise<number | null>;
}

export interface SpawnParams {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** `sheaf` in a process of its own, of whose environment nothing of this one's shows. */
export function spawnSheaf({ args, cwd, environment = {} }: SpawnParams): Spawned {
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: cwd, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      for (const listener of listeners) listener();
    });
  }
  const closed = once(child, "close");
  return {
    child,
    output: () => output,
    async until(pattern) {
      const found = await new Promise<RegExpExecArray | null>((resolve) => {
        const look = (): void => {
          const match = pattern.exec(output);
          if (match !== null) resolve(match);
        };
        listeners.add(look);
        closed.then(() => resolve(pattern.exec(output))).catch(() => resolve(null));
        look();
      });
      if (found === null) throw new Error(`it ended without ${String(pattern)}:\n${output}`);
      return found;
    },
    async ended() {
      await closed;
      return child.exitCode;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

export interface Finished {
  readonly code: number | null;
  readonly output: string;
}

export async function sheaf(params: SpawnParams): Promise<Finished> {
  await using spawned = spawnSheaf(params);
  const code = await spawned.ended();
  return { code, output: spawned.output() };
}
