import { runRows } from "../run-rows.ts";
import { firstLoad } from "./first-load.ts";
import { graph2000 } from "./graph-2000.ts";
import { livePatches } from "./live-patches.ts";
import { matrixPan } from "./matrix-pan.ts";
import { consoleRecord } from "./record.ts";
import { runs100k } from "./runs-100k.ts";

/**
 * `npm run bench:web -- [--json] [ROW…]`: measures the console in Debian's chromium, each row with a server in a process of
 * its own.
 */
await using record = consoleRecord();
await runRows(
  [firstLoad(record), matrixPan(record), livePatches(record), graph2000, runs100k(record)],
  process.argv.slice(2),
);
