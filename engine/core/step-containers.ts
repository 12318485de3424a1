import { EngineError } from "./errors.ts";
import type { ContainerExit, ContainerFile, ContainerLogLine } from "./ports/container-runner.ts";

/**
 * How a step's code runs containers. A container belongs to its attempt: it goes on when the engine ends, the next engine
 * attaches to it again, and when the attempt ends it is stopped and removed. Its log goes into the step's log, live.
 */
export interface StepContainers {
  /**
   * Runs a container to its end. Throws `container_failed` where its exit code means failure, `container_lost` where it
   * went away, `invalid_request` where the host cannot run it, `config` where the engine has no container host.
   */
  run(request: ContainerRequest): Promise<EndedContainer>;
  /** The same, without waiting for the end: for what wants to look at it meanwhile. */
  start(request: ContainerRequest): Promise<StepContainer>;
}

export interface ContainerRequest {
  /** Tells the containers of one step apart; the same at each attempt. Default `main`. */
  readonly key?: string;
  /** The container's name on its host. Default: one made of run, step, attempt and key. */
  readonly name?: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: readonly ContainerFile[];
  readonly workingDirectory?: string;
  readonly network?: string;
  /** Exit codes that are no failure. Default 0 alone. */
  readonly okExitCodes?: readonly number[];
  /** How long it may go on when it is told to end. Default 10,000. */
  readonly stopGraceMs?: number;
  /** Leaves it on its host after its exit, for a look at it; the next container of its name takes its place. */
  readonly keep?: boolean;
}

export interface StepContainer {
  readonly name: string;
  /** Resolves when it has exited, whatever its code. */
  exited(): Promise<ContainerExit>;
  /** All that it wrote, from its first line. Can be read until the attempt ends. */
  readLogs(): AsyncIterable<ContainerLogLine>;
  /** A tar of a file or folder in it. Can be read until the attempt ends. */
  readFiles(path: string): AsyncIterable<Uint8Array>;
}

export interface EndedContainer extends StepContainer, ContainerExit {}

export const DEFAULT_CONTAINER_KEY = "main";
export const DEFAULT_STOP_GRACE_MS = 10_000;
const MAX_STOP_GRACE_MS = 600_000;

/** Swarm's rule for names of services, which is narrower than Docker's for containers. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/;
/** So short that the name that is made of it is one. */
const KEY = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,12}[A-Za-z0-9])?$/;

/** Throws `invalid_request`. */
export function checkContainerRequest({ key, name, stopGraceMs = 0 }: ContainerRequest): void {
  if (key !== undefined && !KEY.test(key)) {
    throw new EngineError("invalid_request", `the container key ${JSON.stringify(key)} does not match ${KEY.source}`);
  }
  if (name !== undefined && !NAME.test(name)) {
    throw new EngineError(
      "invalid_request",
      `the container name ${JSON.stringify(name)} does not match ${NAME.source}`,
    );
  }
  if (!(stopGraceMs >= 0 && stopGraceMs <= MAX_STOP_GRACE_MS)) {
    throw new EngineError(
      "invalid_request",
      `a stop grace is 0 to ${MAX_STOP_GRACE_MS} ms; this one is ${stopGraceMs}`,
    );
  }
}

/** Whose a container is, as its labels say. */
export interface ContainerOwner {
  readonly project: string;
  /** The record that asked for it: the same after a restore, another in a deployment beside it. */
  readonly lineage: string;
  readonly run: string;
  readonly step: number;
  readonly attempt: number;
  readonly key: string;
}

export function defaultContainerName({ run, step, attempt, key }: ContainerOwner): string {
  return `sheaf-${run.replaceAll("-", "")}-${step}-${attempt}-${key}`;
}

export function projectLabels({ project, lineage }: Pick<ContainerOwner, "project" | "lineage">): LabelMap {
  return { "sheaf.project": project, "sheaf.lineage": lineage };
}

export function ownerLabels(owner: ContainerOwner, { keep }: { readonly keep: boolean }): LabelMap {
  return {
    ...projectLabels(owner),
    "sheaf.run": owner.run,
    "sheaf.step": String(owner.step),
    "sheaf.attempt": String(owner.attempt),
    "sheaf.key": owner.key,
    ...(keep ? { "sheaf.keep": "true" } : {}),
  };
}

type LabelMap = Readonly<Record<string, string>>;

/** Null where it is not one of Sheaf's. */
export function ownerOf(labels: LabelMap): (ContainerOwner & { readonly keep: boolean }) | null {
  const { "sheaf.project": project, "sheaf.lineage": lineage, "sheaf.run": run, "sheaf.key": key } = labels;
  const [step, attempt] = [Number(labels["sheaf.step"]), Number(labels["sheaf.attempt"])];
  if (project === undefined || lineage === undefined || run === undefined || key === undefined) return null;
  if (!Number.isInteger(step) || !Number.isInteger(attempt)) return null;
  return { project, lineage, run, step, attempt, key, keep: labels["sheaf.keep"] === "true" };
}

/** The project is a word of the workspace, which may change it. */
export function isSameOwner(one: ContainerOwner, other: ContainerOwner): boolean {
  return (
    one.lineage === other.lineage &&
    one.run === other.run &&
    one.step === other.step &&
    one.attempt === other.attempt &&
    one.key === other.key
  );
}
