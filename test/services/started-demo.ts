import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { environment } from "../packaging/installed-package.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A started demo: where it is, its printed link, and how to end it. */
export interface StartedDemo extends AsyncDisposable {
  readonly origin: string;
  /** Logs in once. */
  readonly link: string;
  kill(signal: NodeJS.Signals): Promise<void>;
}

export interface StartDemoParams {
  readonly dataDir: string;
  /** 0: any free one. */
  readonly port?: number;
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts Sheaf as `npm start` does, in a process of its own, and waits for the link that it prints. */
export async function startedDemo({ dataDir, port = 0, settings = {} }: StartDemoParams): Promise<StartedDemo> {
  const child = spawn(process.execPath, ["ui/cli/sheaf.mjs", "start"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: environment({ ...settings, SHEAF_DATA_DIR: dataDir, SHEAF_PORT: String(port) }),
  });
  const exited = once(child, "exit");
  child.stderr.resume();
  const link = await printedLink(child);
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  return {
    link,
    origin: new URL(link).origin,
    kill,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) await kill("SIGTERM");
    },
  };
}

async function printedLink({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error("the process has no output");
  const seen: string[] = [];
  for await (const line of createInterface(stdout)) {
    seen.push(line);
    const link = /http:\/\/127\.0\.0\.1:\d+\/login\?code=[\w-]+/.exec(line)?.[0];
    if (link === undefined) continue;
    stdout.resume();
    return link;
  }
  throw new Error(`sheaf start printed no link: ${seen.join("\n")}`);
}
