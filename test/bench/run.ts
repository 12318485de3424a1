import type { BenchRow } from "./bench-row.ts";
import { drain, fanOut } from "./engine/backfill-rows.ts";
import { sequentialStep } from "./engine/sequential-step.ts";
import { triggerLatency } from "./engine/trigger-latency.ts";
import { coldStart, idleMemory } from "./engine/whole-process.ts";
import { harvest20000 } from "./harvest/harvest-row.ts";
import { listApi } from "./list-api/list-api-row.ts";
import { prune100k } from "./list-api/prune-row.ts";
import { harvestServer20000 } from "./harvest/server-row.ts";
import { runRows } from "./run-rows.ts";

/**
 * `npm run bench -- [--json] [ROW…]`: measures the rows, one after the other, each in processes of its own.
 */
const rows: readonly BenchRow[] = [
  coldStart,
  triggerLatency,
  sequentialStep,
  fanOut,
  drain,
  idleMemory,
  listApi,
  prune100k,
  harvest20000,
  harvestServer20000,
];

await runRows(rows, process.argv.slice(2));
