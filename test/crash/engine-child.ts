import { writeSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { piscinaWorkers } from "../../engine/adapters/piscina-workers.ts";
import { systemClock, systemIds, systemScheduler } from "../../engine/adapters/system-clock.ts";
import { buildCatalog } from "../../engine/core/catalog.ts";
import type { FaultPoint } from "../../engine/core/ports/fault-points.ts";
import { isTerminalBackfill, isTerminalRun } from "../../engine/core/states.ts";
import { openEngine } from "../../engine/runtime/engine.ts";
import type { Actor } from "../../engine/runtime/operations.ts";
import { remoteContainerHost } from "../rigs/containers/remote-container-host.ts";
import { definitions } from "./load.ts";

/**
 * An engine under load, for a parent that kills it: `node engine-child.ts FOLDER HOST_URL [POINT NTH]`. It asks for the
 * same work at every start, kills itself where it reaches a point for the nth time (which it says), and ends when all is done.
 */
const [folder = "", hostUrl = "", point = "", nth = "0"] = process.argv.slice(2);
const actor: Actor = { name: "parent", role: "operator" };
const clock = systemClock();
const host = remoteContainerHost(hostUrl);
let reached = 0;

function reach(at: FaultPoint): void {
  if (at !== point || ++reached !== Number(nth)) return;
  writeSync(process.stdout.fd, "struck\n");
  process.kill(process.pid, "SIGKILL");
}

const workers = piscinaWorkers({ threads: 1, maxOldSpaceMb: 64 });
process.stdout.write("open\n");
const engine = await openEngine({
  project: "crash",
  dataDir: path.join(folder, "data"),
  catalog: buildCatalog(definitions.map((definition) => ({ definition, location: "test" }))),
  resources: new Map(),
  settings: { SHEAF_TEST_EFFECTS: path.join(folder, "effects") },
  clock,
  scheduler: systemScheduler(),
  ids: systemIds(),
  workers,
  containers: host,
  host: "test",
  pid: process.pid,
  limits: [
    { kind: "runs", maximum: 12 },
    { kind: "pool", key: "crawl", maximum: 3 },
    { kind: "pool", key: "docker", maximum: 6 },
    { kind: "pool", key: "threads", maximum: 2 },
  ],
  faults: { reach },
  onProblem: (problem) => {
    process.stderr.write(`${String(problem)}\n`);
    process.exit(2);
  },
});
await engine.start();
process.stdout.write("started\n");
const record = new Database(path.join(folder, "data", "sheaf.db"), { readonly: true });
const containersOnRecord = record.prepare<[], number>("SELECT count(*) FROM external_work").pluck();

const { backfill } = await engine.commands.materialize(
  { selection: "* and not found and not endless", partitions: "all", runKey: "all of it" },
  actor,
);
await engine.commands.addPartitions("seen", { keys: ["k0"], actor });
const again = await engine.commands.triggerJob("found", { partition: "k0", runKey: "again", actor });
const endless = await engine.commands.triggerJob("endless", { runKey: "endless", actor });

/** Cancels the endless container once it runs. */
async function cancelEndless(): Promise<void> {
  if (engine.queries.run(endless.run).status !== "running") return;
  await engine.commands.cancelRun(endless.run, actor);
}

async function isDone(): Promise<boolean> {
  await cancelEndless();
  if (!isTerminalBackfill(engine.queries.backfill(backfill ?? "").status)) return false;
  if (![again.run, endless.run].every((run) => isTerminalRun(engine.queries.run(run).status))) return false;
  const live = await engine.queries.runs({ status: ["queued", "starting", "running", "canceling"], limit: 1 });
  return live.items.length === 0 && containersOnRecord.get() === 0;
}

while (!(await isDone())) await clock.sleep(20);
// A sensor may have been about to ask for more.
await clock.sleep(100);
while (!(await isDone())) await clock.sleep(20);
record.close();
await engine.stop({ deadlineMs: 5000, reason: "all is done" });
await workers.close();
process.stdout.write("done\n");
