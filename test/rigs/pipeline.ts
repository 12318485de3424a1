import path from "node:path";
import { buildCatalog, type Definition } from "../../engine/core/catalog.ts";
import type { ObjectStore } from "../../engine/core/ports/object-store.ts";
import type { TripleStore } from "../../engine/core/ports/triple-store.ts";
import { filesystemObjectStore } from "../../engine/adapters/filesystem-object-store.ts";
import { oxigraphTripleStore } from "../../engine/adapters/oxigraph-triple-store.ts";
import { piscinaWorkers } from "../../engine/adapters/piscina-workers.ts";
import { systemClock, systemIds, systemScheduler } from "../../engine/adapters/system-clock.ts";
import { openEngine } from "../../engine/runtime/engine.ts";
import type { Engine } from "../../engine/runtime/operations.ts";
import * as ingest from "../../assets/ingest/index.ts";
import * as sensors from "../../sensors/index.ts";
import * as schedules from "../../schedules/index.ts";
import { type Demo, startDemo } from "../../ui/demo/demo.ts";
import { seedDemo } from "../../ui/demo/seed-demo.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export const BUCKET = "gleaner";
const CONFIGS = "scheduler/configs/";
const UNTIL_MS = 60_000;

/** The whole ingest location on embedded parts, fed by the demo's sites, in real time. */
export interface PipelineRig extends AsyncDisposable {
  readonly engine: Engine;
  readonly objects: ObjectStore;
  readonly triples: TripleStore;
  readonly demo: Demo;
  readonly dataDir: string;
  /** Resolves once `check` holds, looked at after every commit; fails with `what` and the state after a minute. */
  until(what: string, check: () => boolean): Promise<void>;
  /** Resolves when nothing is queued or running and no sensor has anything left to do. */
  quiet(): Promise<void>;
  readConfig(file: string): Promise<string>;
  writeConfig(file: string, text: string): Promise<void>;
  editConfig(file: string, edit: (text: string) => string): Promise<void>;
  count(namespace: string, where?: string): Promise<number>;
  release(source: string): Promise<string[]>;
  /** Stops the engine in order and starts another on the same folder. */
  restart(): Promise<void>;
}

export interface PipelineOptions {
  /** Before the first start: what the bucket's configuration is to be instead of the demo's. */
  readonly configs?: (origin: string) => Readonly<Record<string, string>>;
}

export async function pipelineRig(options: PipelineOptions = {}): Promise<PipelineRig> {
  const folder = await temporaryFolder();
  const dataDir = path.join(folder.path, "data");
  const clock = systemClock();
  const scheduler = systemScheduler();
  const ids = systemIds();
  const problems: unknown[] = [];
  const demo = await startDemo({ dataDir, ids });
  const objects = filesystemObjectStore({ directory: path.join(dataDir, "objects"), clock, ids });
  await seedDemo({ store: objects, demo, dataDir, bucket: BUCKET });
  for (const [file, body] of Object.entries(options.configs?.(demo.origin) ?? {})) {
    await objects.put({ bucket: BUCKET, key: CONFIGS + file, body });
  }
  const open = async () => {
    const triples = oxigraphTripleStore({ directory: path.join(dataDir, "triples"), clock, ids });
    const workers = piscinaWorkers({ threads: 1, maxOldSpaceMb: 512 });
    const engine = await openEngine({
      project: "demo",
      dataDir,
      catalog: buildCatalog(definitions(), {}),
      resources: new Map<string, unknown>([
        ["object_store", objects],
        ["triple_store", triples],
        ["workers", workers],
        ["clock", clock],
        ["ids", ids],
      ]),
      settings: {},
      clock,
      scheduler,
      ids,
      workers,
      host: "test",
      pid: process.pid,
      onProblem: (problem) => problems.push(problem),
    });
    await engine.start();
    return { engine, triples, workers };
  };
  const close = async (): Promise<void> => {
    await now.engine.stop({ deadlineMs: 5000, reason: "the test ends" });
    await now.triples.close();
    await now.workers.close();
  };
  let now = await open();

  const until: PipelineRig["until"] = async (what, check) => {
    const { engine } = now;
    if (check()) return;
    const held = Promise.withResolvers<void>();
    const stop = engine.onCommit(() => check() && held.resolve());
    const late = scheduler.after(UNTIL_MS, () =>
      held.reject(new Error(`${what}: not within ${UNTIL_MS} ms\n${describe(engine)}`)),
    );
    try {
      await held.promise;
    } finally {
      stop();
      late();
    }
  };

  return {
    get engine() {
      return now.engine;
    },
    get triples() {
      return now.triples;
    },
    objects,
    demo,
    dataDir,
    until,
    async quiet() {
      const { engine } = now;
      for (let still = 0; still < 3;) {
        const before = engine.health();
        await clock.sleep(100);
        const after = engine.health();
        const idle = after.queuedRuns + after.runningRuns === 0 && before.newestSeq === after.newestSeq;
        still = idle ? still + 1 : 0;
      }
    },
    readConfig: (file) => readText(objects, CONFIGS + file),
    async writeConfig(file, text) {
      await objects.put({ bucket: BUCKET, key: CONFIGS + file, body: text });
    },
    async editConfig(file, edit) {
      const before = await readText(objects, CONFIGS + file);
      const after = edit(before);
      if (after === before) throw new Error(`the edit of ${file} changed nothing`);
      await objects.put({ bucket: BUCKET, key: CONFIGS + file, body: after });
    },
    async count(namespace, where = "?s ?p ?o") {
      const answer = await now.triples.query({ namespace, query: `SELECT (COUNT(*) AS ?n) WHERE { ${where} }` });
      const parsed = JSON.parse(answer.body.toString()) as { results: { bindings: { n: { value: string } }[] } };
      return Number(parsed.results.bindings[0]?.n.value);
    },
    async release(source) {
      const text = await readText(objects, `graphs/latest/${source}_release.nq`);
      return text.split("\n").filter((line) => line !== "");
    },
    async restart() {
      await close();
      now = await open();
    },
    async [Symbol.asyncDispose]() {
      await close();
      await demo.close();
      await folder[Symbol.asyncDispose]();
      if (problems.length > 0) throw new AggregateError(problems, "the engine reported problems");
    },
  };
}

function definitions(): { definition: Definition; location: string }[] {
  const exported = [ingest, sensors, schedules].flatMap((module) =>
    Object.values(module as Readonly<Record<string, unknown>>),
  );
  const all = exported.flatMap((value) =>
    isDefinition(value) ? [value] : Object.values(value ?? {}).filter(isDefinition),
  );
  return all.map((definition) => ({ definition, location: "ingest" }));
}

function isDefinition(value: unknown): value is Definition {
  return typeof value === "object" && value !== null && "type" in value;
}

async function readText(objects: ObjectStore, key: string): Promise<string> {
  const { body } = await objects.get({ bucket: BUCKET, key });
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function describe(engine: Engine): string {
  return engine.queries
    .assets()
    .map((asset) => `${asset.key} ${asset.status} ${JSON.stringify(asset.partitions)} ${asset.error?.message ?? ""}`)
    .join("\n");
}
