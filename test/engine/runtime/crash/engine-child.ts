import { appendFileSync } from "node:fs";
import path from "node:path";
import { systemClock, systemIds, systemScheduler } from "../../../../engine/adapters/system-clock.ts";
import { buildCatalog } from "../../../../engine/core/catalog.ts";
import { isTerminalBackfill, isTerminalRun } from "../../../../engine/core/states.ts";
import {
  defineAsset,
  defineJob,
  defineMultiAsset,
  defineSensor,
  dynamicPartitions,
  staticPartitions,
} from "../../../../engine/index.ts";
import { openEngine } from "../../../../engine/runtime/engine.ts";
import { inlineWorkerPool } from "../../../rigs/inline-worker-pool.ts";

/**
 * An engine under load, for a parent that kills it: `node engine-child.ts FOLDER`. It asks for the same work at every
 * start, prints a line for each step that it makes, and ends by itself when all is done.
 */
const folder = process.argv[2] ?? "";
const KEYS = 80;
const clock = systemClock();

/** A side effect, so that what ran can be compared with what was recorded. */
function effect(asset: string, facts: { readonly run: string; readonly key: string; readonly attempt: number }): void {
  appendFileSync(path.join(folder, "effects"), `${asset} ${facts.run} ${facts.key} ${facts.attempt}\n`);
}

const keys = staticPartitions(
  "keys",
  Array.from({ length: KEYS }, (_, index) => `k${index}`),
);
const seen = dynamicPartitions("seen");

const page = defineAsset({
  key: "page",
  partitions: keys,
  pool: "crawl",
  async run({ partition, run, attempt, log, signal }) {
    effect("page", { run: run.id, key: partition.key, attempt });
    log.info("begun");
    await clock.sleep(Number(partition.key.slice(1)) % 7, signal);
    return partition.key.endsWith("3") ? partition.key.repeat(30_000) : partition.key;
  },
});
const flaky = defineAsset({
  key: "flaky",
  partitions: keys,
  deps: { page },
  retry: { attempts: 2, delayMs: 5 },
  run({ partition, run, attempt, inputs }) {
    effect("flaky", { run: run.id, key: partition.key, attempt });
    if (partition.key === "k5") throw new Error("always");
    if (attempt === 1 && partition.key.endsWith("7")) throw new Error("at first");
    return inputs.page.length;
  },
});
const both = defineMultiAsset({
  assets: { left: { key: "left" }, right: { key: "right" } },
  partitions: keys,
  deps: { flaky },
  run({ partition, run, attempt }) {
    effect("left", { run: run.id, key: partition.key, attempt });
    return { left: 1, right: 2 };
  },
});
const found = defineAsset({
  key: "found",
  partitions: seen,
  run({ partition, run, attempt }) {
    effect("found", { run: run.id, key: partition.key, attempt });
    return 1;
  },
});
const job = defineJob({ name: "found", assets: [found] });
const sensor = defineSensor({
  name: "pages",
  on: [page],
  evaluate({ materializations }) {
    const made = materializations.map((one) => one.partition ?? "").filter((key) => key.endsWith("1"));
    return {
      partitions: [{ set: seen, add: made, retire: [] }],
      runs: made.map((key) => ({ job, partition: key, runKey: key, reason: "a new page" })),
      reason: `${made.length} pages`,
    };
  },
});

const engine = await openEngine({
  project: "crash",
  dataDir: path.join(folder, "data"),
  catalog: buildCatalog(
    [page, flaky, both.left, both.right, found, job, sensor].map((definition) => ({ definition, location: "test" })),
  ),
  resources: new Map(),
  settings: {},
  clock,
  scheduler: systemScheduler(),
  ids: systemIds(),
  workers: inlineWorkerPool(),
  host: "test",
  pid: process.pid,
  limits: [
    { kind: "runs", maximum: 12 },
    { kind: "pool", key: "crawl", maximum: 3 },
  ],
  onProblem: (problem) => {
    process.stderr.write(`${String(problem)}\n`);
    process.exit(2);
  },
});

engine.onCommit((events) => {
  const made = events.filter((event) => event.type === "step.succeeded").length;
  if (made > 0) process.stdout.write("made\n".repeat(made));
});
await engine.start();
const actor = { name: "parent", role: "operator" } as const;
const { backfill } = await engine.commands.materialize(
  { selection: "* and not found", partitions: "all", runKey: "all of it" },
  actor,
);
const { run } = await engine.commands.triggerJob("found", { partition: await firstSeen(), runKey: "again", actor });

async function firstSeen(): Promise<string> {
  await engine.commands.addPartitions("seen", { keys: ["k0"], actor });
  return "k0";
}

async function isDone(): Promise<boolean> {
  if (!isTerminalBackfill(engine.queries.backfill(backfill ?? "").status)) return false;
  if (!isTerminalRun(engine.queries.run(run).status)) return false;
  const live = await engine.queries.runs({ status: ["queued", "starting", "running", "canceling"], limit: 1 });
  return live.items.length === 0;
}

while (!(await isDone())) await clock.sleep(20);
// A sensor may have been about to ask for more.
await clock.sleep(100);
while (!(await isDone())) await clock.sleep(20);
await engine.stop({ deadlineMs: 5000, reason: "all is done" });
process.stdout.write("done\n");
