/**
 * Runs one container to its end: a Swarm service in replicated-job mode, a plain container of a Docker host, or a fake.
 *
 * C1. A name stands for at most one container. Creating under a taken name throws `container_exists`.
 * C2. `start`, `stop` and `remove` may be called again: what is so already stays so, and what is gone is removed.
 * C3. What has exited stays, with its exit code, its log and its files, until it is removed.
 * C4. `container_host_unavailable` and a call that ran over its time leave open whether the call took effect.
 *
 * Other errors: `container_not_found` where there is none by that id, `invalid_request` where the host cannot or will
 * not (no such image, a bad name), which trying again does not help.
 */
export interface ContainerRunner {
  /** Where it is, for people. Never holds a secret. */
  readonly description: string;
  /** Makes a container; a Swarm service begins at once. Resolves with its id, which no later container has. */
  create(spec: ContainerSpec, signal?: AbortSignal): Promise<string>;
  /** Sees to it that it runs, or has run. */
  start(id: string, signal?: AbortSignal): Promise<void>;
  /** By name; null where there is none. */
  inspect(name: string, signal?: AbortSignal): Promise<ContainerFacts | null>;
  /** Those that carry all these labels. */
  find(labels: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<readonly ContainerFacts[]>;
  /** Resolves when it has exited, at once where it has already. */
  wait(id: string, signal?: AbortSignal): Promise<ContainerExit>;
  /** What it wrote, line by line, behind a position that an earlier line had; to its exit where `follow`. */
  logs(id: string, params: ContainerLogParams): AsyncIterable<ContainerLogLine>;
  /** A tar of a file or folder in it, while it runs and after. Throws `not_found` where there is no such path. */
  readFiles(id: string, path: string, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** Tells it to end, and ends it where it has not after the grace. */
  stop(id: string, params: { readonly graceMs: number; readonly signal?: AbortSignal }): Promise<void>;
  /** Removes it, running or not. */
  remove(id: string, signal?: AbortSignal): Promise<void>;
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What it finds at these paths when it begins. */
  readonly files: readonly ContainerFile[];
  /** Default: the image's. */
  readonly workingDirectory: string | null;
  /** A network by name; default: the host's own. */
  readonly network: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ContainerFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

export interface ContainerFacts {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `created`: it has not begun. */
  readonly status: "created" | "running" | "exited";
}

export interface ContainerExit {
  readonly exitCode: number;
  /** What the host says beside the code: killed for memory, rejected by every node. */
  readonly error: string | null;
}

export interface ContainerLogParams {
  readonly after: string | null;
  readonly follow: boolean;
  readonly signal?: AbortSignal;
}

export interface ContainerLogLine {
  readonly stream: "stdout" | "stderr";
  readonly text: string;
  /** Opaque; what to read on from. */
  readonly position: string;
}
