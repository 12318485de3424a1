import { EngineError } from "../../../engine/core/errors.ts";
import type {
  ContainerExit,
  ContainerFacts,
  ContainerLogLine,
  ContainerSpec,
} from "../../../engine/core/ports/container-runner.ts";
import type { Scheduler } from "../../../engine/core/ports/time.ts";

/** What a fake container does. All of it has a default: it says nothing and exits with 0 at once. */
export interface FakeProgram {
  /** Said in even steps over the time that it runs. */
  readonly lines?: readonly string[];
  /** Said to stderr, after the others. */
  readonly errorLines?: readonly string[];
  readonly runMs?: number;
  readonly exitCode?: number;
  /** What the host says beside the code. */
  readonly error?: string;
  /** Files that it holds from its start on, beside those that it was given. */
  readonly files?: Readonly<Record<string, string>>;
  /** How long it goes on when told to end. Default 0. */
  readonly stopMs?: number;
}

/** One container of the fake host, from its creation to its removal. */
export interface FakeContainer {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly program: FakeProgram;
  readonly lines: readonly ContainerLogLine[];
  readonly status: ContainerFacts["status"];
  readonly exit: ContainerExit | null;
  readonly isGone: boolean;
  start(): void;
  stop(graceMs: number): void;
  remove(): void;
  /** Resolves at its next line, its exit or its removal. */
  changed(): Promise<void>;
}

const KILLED = 137;
const TERMINATED = 143;

export interface FakeContainerParams {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly program: FakeProgram;
  readonly scheduler: Scheduler;
  readonly onStart: (spec: ContainerSpec) => void;
}

export function fakeContainer(params: FakeContainerParams): FakeContainer {
  const { id, spec, program, scheduler, onStart } = params;
  const lines: ContainerLogLine[] = [];
  const timers = new Set<() => void>();
  let status: ContainerFacts["status"] = "created";
  let exit: ContainerExit | null = null;
  let isGone = false;
  let change = Promise.withResolvers<void>();

  const tell = (): void => {
    change.resolve();
    change = Promise.withResolvers<void>();
  };
  const after = (ms: number, task: () => void): void => {
    const disarm = scheduler.after(ms, () => {
      timers.delete(disarm);
      task();
    });
    timers.add(disarm);
  };
  const say = (stream: ContainerLogLine["stream"], text: string): void => {
    lines.push({ stream, text, position: String(lines.length + 1) });
    tell();
  };
  const end = (exitCode: number, error: string | null): void => {
    for (const disarm of timers) disarm();
    timers.clear();
    status = "exited";
    exit = { exitCode, error };
    tell();
  };

  return {
    id,
    spec,
    program,
    lines,
    get status() {
      return status;
    },
    get exit() {
      return exit;
    },
    get isGone() {
      return isGone;
    },
    start() {
      if (status !== "created") return;
      status = "running";
      onStart(spec);
      const { runMs = 0 } = program;
      const said = [
        ...(program.lines ?? []).map((text) => ({ stream: "stdout" as const, text })),
        ...(program.errorLines ?? []).map((text) => ({ stream: "stderr" as const, text })),
      ];
      said.forEach(({ stream, text }, index) =>
        after((runMs * (index + 1)) / (said.length + 1), () => say(stream, text)),
      );
      after(runMs, () => end(program.exitCode ?? 0, program.error ?? null));
    },
    stop(graceMs) {
      if (status === "exited") return;
      if (status === "created") end(KILLED, "it never began");
      else if ((program.stopMs ?? 0) <= graceMs) after(program.stopMs ?? 0, () => end(TERMINATED, null));
      else after(graceMs, () => end(KILLED, null));
    },
    remove() {
      if (status !== "exited") end(KILLED, "removed");
      isGone = true;
      tell();
    },
    changed: () => change.promise,
  };
}

/** Throws `container_not_found`. */
export function noContainer(id: string): never {
  throw new EngineError("container_not_found", `there is no container ${id}`);
}
