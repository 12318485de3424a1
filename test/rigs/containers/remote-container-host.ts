import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { EngineError, type ErrorCode } from "../../../engine/core/errors.ts";
import type {
  ContainerExit,
  ContainerFacts,
  ContainerLogLine,
  ContainerRunner,
} from "../../../engine/core/ports/container-runner.ts";
import type { HostCall } from "./container-host-server.ts";

/** A container host in another process, behind `serveContainerHost`. */
export function remoteContainerHost(url: string): ContainerRunner {
  const send = async (call: HostCall, signal: AbortSignal | undefined): Promise<Response> => {
    const response = await fetch(url, {
      method: "POST",
      body: JSON.stringify(call),
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: unknown) => unavailable(url, { error, signal }));
    if (response.ok) return response;
    const { code, message } = (await response.json()) as { code?: ErrorCode; message: string };
    throw new EngineError(code ?? "internal", message, { retryable: code === "container_host_unavailable" });
  };
  const ask = async <T>(call: HostCall, signal: AbortSignal | undefined): Promise<T> => {
    const response = await send(call, signal);
    const answer = (await response.json().catch((error: unknown) => unavailable(url, { error, signal }))) as {
      result: T;
    };
    return answer.result;
  };
  return {
    description: url,
    create: (spec, signal) => ask<string>({ call: "create", spec }, signal),
    start: (id, signal) => ask({ call: "start", id }, signal),
    inspect: (name, signal) => ask<ContainerFacts | null>({ call: "inspect", name }, signal),
    find: (labels, signal) => ask<readonly ContainerFacts[]>({ call: "find", labels }, signal),
    wait: (id, signal) => ask<ContainerExit>({ call: "wait", id }, signal),
    async *logs(id, { after, follow, signal }) {
      const response = await send({ call: "logs", id, after, follow }, signal);
      try {
        for await (const line of createInterface({ input: bodyOf(response) }))
          yield JSON.parse(line) as ContainerLogLine;
      } catch (error) {
        unavailable(url, { error, signal });
      }
    },
    async *readFiles(id, path, signal) {
      const response = await send({ call: "readFiles", id, path }, signal);
      try {
        for await (const chunk of bodyOf(response)) yield chunk as Uint8Array;
      } catch (error) {
        unavailable(url, { error, signal });
      }
    },
    stop: (id, { graceMs, signal }) => ask({ call: "stop", id, graceMs }, signal),
    remove: (id, signal) => ask({ call: "remove", id }, signal),
  };
}

function bodyOf(response: Response): Readable {
  return response.body === null ? Readable.from([]) : Readable.fromWeb(response.body);
}

function unavailable(url: string, { error, signal }: { error: unknown; signal: AbortSignal | undefined }): never {
  signal?.throwIfAborted();
  throw new EngineError("container_host_unavailable", `the container host does not answer at ${url}`, {
    cause: error,
    retryable: true,
  });
}
