import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { isEngineError } from "../../../engine/core/errors.ts";
import type { ContainerRunner } from "../../../engine/core/ports/container-runner.ts";

/** One call as it is sent: its name, its subject, and what else it takes. */
export type HostCall =
  | { readonly call: "create"; readonly spec: Parameters<ContainerRunner["create"]>[0] }
  | { readonly call: "start" | "wait" | "remove"; readonly id: string }
  | { readonly call: "inspect"; readonly name: string }
  | { readonly call: "find"; readonly labels: Readonly<Record<string, string>> }
  | { readonly call: "logs"; readonly id: string; readonly after: string | null; readonly follow: boolean }
  | { readonly call: "readFiles"; readonly id: string; readonly path: string }
  | { readonly call: "stop"; readonly id: string; readonly graceMs: number };

export interface ContainerHostServer extends AsyncDisposable {
  readonly url: string;
}

/** Serves a container host over HTTP on loopback, as `remoteContainerHost` calls it. A caller that goes away is let go. */
export async function serveContainerHost(host: ContainerRunner): Promise<ContainerHostServer> {
  const server = createServer((request, response) => void answer(host, request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(host: ContainerRunner, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort(new Error("the caller went away")));
  try {
    const call = JSON.parse(await text(request)) as HostCall;
    await perform(host, call, { response, signal: gone.signal });
  } catch (error) {
    if (response.headersSent) response.destroy();
    else {
      const said = isEngineError(error) ? { code: error.code, message: error.message } : { message: String(error) };
      response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify(said));
    }
  }
}

interface Answering {
  readonly response: ServerResponse;
  readonly signal: AbortSignal;
}

async function perform(host: ContainerRunner, call: HostCall, { response, signal }: Answering): Promise<void> {
  switch (call.call) {
    case "logs":
      response.setHeader("content-type", "application/x-ndjson");
      for await (const line of host.logs(call.id, { ...call, signal })) response.write(`${JSON.stringify(line)}\n`);
      response.end();
      break;
    case "readFiles":
      for await (const chunk of host.readFiles(call.id, call.path, signal)) response.write(chunk);
      response.end();
      break;
    default:
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ result: await plainCall(host, call, signal) }));
  }
}

/** What changes something is not undone by a caller that goes away: it is not given the signal. */
function plainCall(
  host: ContainerRunner,
  call: Exclude<HostCall, { readonly call: "logs" | "readFiles" }>,
  signal: AbortSignal,
): Promise<unknown> {
  switch (call.call) {
    case "create":
      return host.create(call.spec);
    case "start":
      return host.start(call.id);
    case "inspect":
      return host.inspect(call.name, signal);
    case "find":
      return host.find(call.labels, signal);
    case "wait":
      return host.wait(call.id, signal);
    case "stop":
      return host.stop(call.id, { graceMs: call.graceMs });
    case "remove":
      return host.remove(call.id);
  }
}
