import { existsSync } from "node:fs";
import path from "node:path";
import type { Catalog } from "../core/catalog.ts";
import { EngineError } from "../core/errors.ts";
import type { Clock, Scheduler } from "../core/ports/time.ts";
import { openReadOnly } from "../store/database.ts";
import { openReader } from "../store/reader/reader.ts";
import type { Store } from "../store/store.ts";
import { prepareTables } from "../store/tables.ts";
import { valueStore } from "../store/values.ts";
import type { Engine } from "./operations.ts";
import { engineQueries } from "./queries/engine-queries.ts";

export interface OpenRecordParams {
  readonly project: string;
  readonly dataDir: string;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

export interface OpenedRecord {
  /** Shows what the record holds; whatever would change something throws `conflict`. */
  readonly engine: Engine;
  close(): Promise<void>;
}

/**
 * Opens the record of an engine that does not run, for reading alone. Throws `not_found` where there is none, and
 * `schema` where it was written by another version.
 */
export async function openRecord(params: OpenRecordParams): Promise<OpenedRecord> {
  const { dataDir, scheduler } = params;
  const file = path.join(dataDir, "sheaf.db");
  if (!existsSync(file))
    throw new EngineError("not_found", `there is no record in ${dataDir}: no engine ever ran there`);
  const db = openReadOnly(file);
  try {
    const tables = prepareTables(db);
    const reader = openReader({ file, scheduler });
    const meta = db.prepare<[], { value: string }>("SELECT value FROM meta WHERE key = 'generation'").get();
    const store: Store = {
      tables,
      reader,
      writer: {
        write: async () => refuse(),
        flush: refuse,
        close: () => {},
        fail: () => {},
        isOpen: false,
        waiting: 0,
        commits: 0,
      },
      values: valueStore(path.join(dataDir, "values")),
      file,
      endedCleanly: true,
      epoch: 0,
      holder: "",
      generation: meta?.value ?? "",
      lineage: "",
      onCommit: () => () => {},
      proveWritable: async () => refuse(),
      abandon: async () => {},
      close: async () => {},
    };
    const engine = readingEngine(store, params);
    return {
      engine,
      async close() {
        engine.queries.close();
        await reader.close();
        db.close();
      },
    };
  } catch (error) {
    db.close();
    if (error instanceof EngineError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError(
      "schema",
      `the record in ${dataDir} is of another version of Sheaf (${reason}); start it once`,
      {
        cause: error,
      },
    );
  }
}

function readingEngine(store: Store, { project, catalog, clock }: OpenRecordParams): Engine {
  const queries = engineQueries({
    store,
    catalog,
    clock,
    live: {
      progressOf: () => null,
      waitOf: () => null,
      waitReason: () => "no engine runs",
      limits: () => [],
      nextTimes: () => [],
      isEnabled: (name) => isEnabled(name, { store, catalog }),
    },
  });
  return {
    project,
    catalog,
    generation: store.generation,
    epoch: 0,
    queries,
    commands: new Proxy({} as Engine["commands"], { get: () => refuse }),
    access: new Proxy({} as Engine["access"], { get: () => refuse }),
    start: async () => refuse(),
    drain: async () => {},
    stop: async () => {},
    onCommit: () => () => {},
    onProgress: () => () => {},
    onLog: () => () => {},
    onHealth: () => () => {},
    tellStray: () => false,
    backup: async () => refuse(),
    health: () => ({
      status: "stopping",
      error: null,
      startedAt: new Date(clock.now()).toISOString(),
      queuedRuns: store.tables.runs.queuedCount(),
      runningRuns: 0,
      runningSteps: 0,
      newestSeq: store.tables.events.newestSeq(),
      commits: 0,
    }),
  };
}

function isEnabled(name: string, { store, catalog }: { store: Store; catalog: Catalog }): boolean {
  const said = store.tables.automations.get(name)?.enabled ?? null;
  if (said !== null) return said === 1;
  return (catalog.sensors.get(name) ?? catalog.schedules.get(name))?.enabledByDefault ?? false;
}

function refuse(): never {
  throw new EngineError("conflict", "no engine runs on this data directory; start one with: sheaf start");
}
