import type { ContainerLogLine, ContainerRunner, ContainerSpec } from "../../../engine/core/ports/container-runner.ts";
import type { FakeProgram } from "../../rigs/containers/fake-container.ts";

/** A container host for one test. */
export interface ContainerRig extends AsyncDisposable {
  readonly runner: ContainerRunner;
  /** A spec of a name of its own whose container does this. */
  spec(program?: FakeProgram, overrides?: Partial<ContainerSpec>): ContainerSpec;
  /** Lets time pass until the promise settles. */
  during<T>(promise: Promise<T>): Promise<T>;
}

export type OpenContainerRunner = () => Promise<ContainerRig>;

export async function begun(rig: ContainerRig, spec: ContainerSpec): Promise<string> {
  const id = await rig.during(rig.runner.create(spec));
  await rig.during(rig.runner.start(id));
  return id;
}

export async function linesOf(lines: AsyncIterable<ContainerLogLine>, most = Infinity): Promise<ContainerLogLine[]> {
  const read: ContainerLogLine[] = [];
  for await (const line of lines) {
    read.push(line);
    if (read.length >= most) break;
  }
  return read;
}
