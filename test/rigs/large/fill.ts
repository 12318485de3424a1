import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadLocations } from "../../../engine/operate.ts";
import { openEngine } from "../../../engine/runtime/engine.ts";
import type { Engine } from "../../../engine/runtime/operations.ts";
import { operator } from "../engine.ts";
import { inlineWorkerPool } from "../inline-worker-pool.ts";
import { type ManualClock, manualClock, seededIds } from "../manual-clock.ts";
import { chance, pace } from "./definitions.ts";

/**
 * `node test/rigs/large/fill.ts FOLDER [--sources 500] [--tenants 60] [--weeks 3]`: a data directory with a history that a
 * real engine made, in a time of its own that ends now, and the workspace file to serve it with.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sources: { type: "string", default: "500" },
    tenants: { type: "string", default: "60" },
    weeks: { type: "string", default: "3" },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error("which folder?");

const definitions = new URL("definitions.ts", import.meta.url);
const WEEK_MS = 7 * 86_400_000;
/** Of all pairs that could be, those that are. */
const SHARE_OF_PAIRS = 0.7;
const KEYS_AT_ONCE = 5000;
const domains = ["bio", "climate", "coast", "deep", "geo", "ice", "ocean", "river", "soil", "star"] as const;
const kinds = ["archive", "atlas", "catalog", "hub", "net", "portal", "repository", "survey"] as const;

function sourceName(at: number): string {
  const domain = domains[at % domains.length];
  return `${domain}-${kinds[Math.floor(at / domains.length) % kinds.length]}-${String(at).padStart(4, "0")}`;
}

async function settled(engine: Engine, backfill: string, clock: ManualClock): Promise<void> {
  for (;;) {
    const { endedAt } = engine.queries.backfill(backfill);
    if (endedAt !== null) return;
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(1000);
  }
}

async function fill(dataDir: string): Promise<void> {
  const weeks = Number(values.weeks);
  const clock = manualClock(Date.now() - weeks * WEEK_MS);
  const { catalog } = await loadLocations([{ name: "large", modules: [definitions], error: null }]);
  const engine = await openEngine({
    project: "eco",
    dataDir,
    catalog,
    resources: new Map(),
    settings: {},
    clock,
    scheduler: { defer: (task) => void setImmediate(task), after: (ms, task) => clock.after(ms, task) },
    ids: seededIds("large", clock),
    workers: inlineWorkerPool(),
    host: "large",
    pid: process.pid,
    limits: [],
    onProblem: (problem) => console.error(problem),
  });
  pace.ms = 0;
  await engine.start();
  const names = Array.from({ length: Number(values.sources) }, (_, at) => sourceName(at));
  const tenants = Array.from({ length: Number(values.tenants) }, (_, at) => `tenant-${String(at).padStart(2, "0")}`);
  const pairs = names.flatMap((source) =>
    tenants.filter((tenant) => chance(source, tenant) < SHARE_OF_PAIRS).map((tenant) => `${source}|${tenant}`),
  );
  const add = async (set: string, keys: readonly string[]): Promise<void> => {
    for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
      await engine.commands.addPartitions(set, { keys: keys.slice(at, at + KEYS_AT_ONCE), actor: operator });
    }
  };
  await add("sources", names);
  await add("tenants", tenants);
  await add("tenant_sources", pairs);
  const make = async (assets: readonly string[], partitions: readonly string[]): Promise<void> => {
    const { backfill } = await engine.commands.materialize({ assets, partitions }, operator);
    if (backfill !== null) await settled(engine, backfill, clock);
  };
  for (let week = 0; week < weeks; week++) {
    const some = (share: number, keys: readonly string[]): readonly string[] =>
      keys.filter((key) => chance(`week ${week}`, key) < share);
    await make(["ingest/harvest", "ingest/release"], some(0.95, names));
    for (let day = 0; day < 7; day++) {
      await make(
        ["load/upload_release"],
        some(0.9, pairs).filter((key) => Math.floor(chance("day", key) * 7) === day),
      );
      await clock.advance(86_400_000 - 3_600_000);
      console.log(`week ${week + 1}, day ${day + 1}`);
    }
    await make(["report/tenant"], tenants);
  }
  await engine.stop({ deadlineMs: 1000, reason: "filled" });
}

await mkdir(folder, { recursive: true });
const dataDir = path.resolve(folder, "data");
const workspace = path.resolve(folder, "workspace.yaml");
await writeFile(
  workspace,
  `projects:\n  - name: eco\n    locations: [${JSON.stringify(fileURLToPath(definitions))}]\n`,
);
await fill(dataDir);
console.log(`SHEAF_DATA_DIR=${dataDir} SHEAF_WORKSPACE=${workspace} npm start`);
