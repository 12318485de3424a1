import Docker from "dockerode";
import { EngineError } from "../core/errors.ts";
import type { ContainerHost } from "../core/ports/container-host.ts";

export interface DockerHostParams {
  /** `unix:///var/run/docker.sock`, `tcp://host:2375`, `http(s)://…`, or Portainer's proxy of an environment. */
  readonly url: string;
  /** Portainer's key, sent as `X-API-Key`. */
  readonly apiKey: string | null;
}

/** The Docker API at `GLEANERIO_DOCKER_URL` (domain: a socket, a host, or `…/api/endpoints/2/docker/` of Portainer). */
export function dockerHost({ url, apiKey }: DockerHostParams): ContainerHost {
  const options = dockerOptions(url);
  const docker = new Docker({ ...options, headers: apiKey === null ? {} : { "X-API-Key": apiKey } });
  return {
    description: shown(url),
    async ping(signal) {
      signal?.throwIfAborted();
      try {
        await ping(docker, signal);
      } catch (error) {
        signal?.throwIfAborted();
        throw new EngineError(
          "config",
          `Docker does not answer at ${shown(url)}: ${reasonOf(error)}. See GLEANERIO_DOCKER_URL.`,
          {
            cause: error,
            retryable: true,
          },
        );
      }
    },
  };
}

/** Without credentials, which the Docker API has no use for and an operator may have written all the same. */
function shown(url: string): string {
  return url.replace(/\/\/[^/]*@/, "//");
}

/** The types leave out that `ping` takes a signal. */
async function ping(docker: Docker, signal: AbortSignal | undefined): Promise<void> {
  const call = docker.ping.bind(docker) as (options: { abortSignal?: AbortSignal }) => Promise<unknown>;
  await call(signal === undefined ? {} : { abortSignal: signal });
}

/**
 * A proxy's path goes where the API's version would: docker-modem puts that in front of every path, while it resolves
 * its own `pathPrefix` away.
 */
function dockerOptions(text: string): Docker.DockerOptions {
  if (text.startsWith("/")) return { socketPath: text };
  const url = parseUrl(text);
  if (url.protocol === "unix:") return { socketPath: url.pathname };
  const secure = url.protocol === "https:";
  return {
    host: url.hostname,
    port: Number(url.port || (secure ? 443 : url.protocol === "tcp:" ? 2375 : 80)),
    protocol: secure ? "https" : "http",
    version: url.pathname.replaceAll(/^\/+|\/+$/g, ""),
  };
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && ["unix:", "tcp:", "http:", "https:"].includes(url.protocol)) return url;
  throw new EngineError(
    "config",
    `GLEANERIO_DOCKER_URL is ${JSON.stringify(shown(text))}; expected a socket's path, unix://, tcp://, http:// or https://`,
  );
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const status = "statusCode" in error && typeof error.statusCode === "number" ? `HTTP ${error.statusCode}` : null;
  return status ?? ("code" in error && typeof error.code === "string" ? error.code : error.message);
}
