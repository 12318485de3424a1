import { oxigraphTripleStore } from "../../../../engine/adapters/oxigraph-triple-store.ts";
import type { DiskStep } from "../../../../engine/adapters/oxigraph-triple-store/namespace-disk.ts";
import { systemClock, systemIds } from "../../../../engine/adapters/system-clock.ts";
import { chunked, documents, prefixOf } from "../../../contracts/triple-store/support.ts";

/** Changes a store until it dies: by its own hand at the step that it is told, or when its parent kills it. */
const [directory = "", action = "", step = ""] = process.argv.slice(2);

const store = oxigraphTripleStore({
  directory,
  clock: systemClock(),
  ids: systemIds(),
  onStep(reached: DiskStep) {
    if (reached === step) process.kill(process.pid, "SIGKILL");
  },
});
const namespace = "crash";
const scope = { unit: "release/iris", prefixes: [prefixOf("iris")] };

async function replace(name: string, count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, index) => index);
  await store.replace({
    namespace,
    scope,
    format: "application/n-quads",
    body: chunked(documents("iris", ids, name)),
  });
}

const actions: Readonly<Record<string, () => Promise<unknown>>> = {
  replace: () => replace("new", 30),
  update: () => store.update({ namespace, update: 'INSERT DATA { GRAPH <urn:n:1> { <urn:s> <urn:p> "updated" } }' }),
  create: () => store.createNamespace({ namespace: "created", kind: "quads" }),
  drop: () => store.dropNamespace(namespace),
  async churn() {
    for (let round = 0; ; round++) {
      await replace("even", 20);
      await store.update({ namespace, update: `INSERT DATA { GRAPH <urn:n:1> { <urn:s> <urn:p> ${round} } }` });
      await replace("odd", 30);
      process.stdout.write(`${round}\n`);
    }
  },
};

await store.ping();
process.stdout.write("ready\n");
await actions[action]?.();
await store.close();
process.stdout.write("survived\n");
