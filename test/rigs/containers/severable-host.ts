import type { ContainerRunner } from "../../../engine/core/ports/container-runner.ts";

/** A container host as one engine sees it: once severed, none of its calls comes through or is ever answered. */
export interface SeverableHost extends ContainerRunner {
  sever(): void;
}

/** So that an engine that a test has "killed" touches the host no more, while the host itself goes on. */
export function severableHost(host: ContainerRunner): SeverableHost {
  const never = new Promise<never>(() => {});
  let isSevered = false;
  const pass = async <T>(call: () => Promise<T>): Promise<T> => {
    const answer = isSevered ? never : await call();
    return isSevered ? never : answer;
  };
  const stream = async function* <T>(items: () => AsyncIterable<T>): AsyncGenerator<T> {
    if (isSevered) await never;
    for await (const item of items()) yield isSevered ? await never : item;
  };
  return {
    description: host.description,
    sever() {
      isSevered = true;
    },
    create: (...args) => pass(() => host.create(...args)),
    start: (...args) => pass(() => host.start(...args)),
    inspect: (...args) => pass(() => host.inspect(...args)),
    find: (...args) => pass(() => host.find(...args)),
    wait: (...args) => pass(() => host.wait(...args)),
    logs: (...args) => stream(() => host.logs(...args)),
    readFiles: (...args) => stream(() => host.readFiles(...args)),
    stop: (...args) => pass(() => host.stop(...args)),
    remove: (...args) => pass(() => host.remove(...args)),
  };
}
