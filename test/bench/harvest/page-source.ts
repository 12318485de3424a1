import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A process that serves so many generated pages on loopback. */
export interface PageSource extends AsyncDisposable {
  readonly origin: string;
}

export async function pageSource(pages: number): Promise<PageSource> {
  const server = spawn(process.execPath, [new URL("page-server.ts", import.meta.url).pathname, String(pages)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = (await once(createInterface(server.stdout), "line")) as [string];
  return {
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.kill("SIGTERM");
      if (server.exitCode === null) await once(server, "exit");
    },
  };
}
