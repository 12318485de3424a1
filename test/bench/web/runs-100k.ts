import type { BenchResult, BenchRow } from "../bench-row.ts";
import { resultOf } from "../engine/figures.ts";
import { listServer } from "../list-api/list-server.ts";
import { FRAME_MS, frameDetails } from "./figures.ts";
import { watchMainThread } from "./main-thread.ts";
import type { ConsoleRecord } from "./record.ts";
import { scrollScript } from "./scripts.ts";
import { visit } from "./visit.ts";

const FRAMES = 600;
/** Rows of 36 px: 5 in each frame, 300 a second, faster than one reads. */
const PX_PER_FRAME = 180;
const MAX_NODES = 3000;
const NODES = "most elements in the document";
const SCROLLER = ':has(> [role="grid"][aria-label="Runs"])';

/** A scroll down a list of 100,000 runs that comes page by page. Its value is the main thread's time a frame. */
export function runs100k(record: ConsoleRecord): BenchRow {
  return {
    row: "runs-100k",
    passes: ({ p95, details }) => (p95 ?? Infinity) < FRAME_MS && (details?.[NODES] ?? Infinity) < MAX_NODES,
    async measure(): Promise<BenchResult> {
      await using server = await listServer(await record.folder());
      await using visited = await visit(server);
      const { page } = visited;
      await page.goto(new URL("/runs", server.url).href);
      await page.locator('[role="row"]').first().waitFor();
      await page.evaluate(COUNT_NODES);
      const scrolled = await watchMainThread(
        page,
        scrollScript({ selector: SCROLLER, x: 0, y: PX_PER_FRAME, frames: FRAMES }),
      );
      const seen = await page.evaluate<{ nodes: number; rows: number }>("globalThis.seen");
      return resultOf({
        row: "runs-100k",
        unit: "ms a frame",
        target: `p95 < ${FRAME_MS} ms of the main thread, < ${MAX_NODES} elements`,
        floor: null,
        samples: scrolled.busyMs,
        peakRssMb: server.peakRssMb(),
        details: { [NODES]: seen.nodes, "the last run seen": seen.rows, ...frameDetails("scroll", scrolled) },
      });
    },
  };
}

/** Keeps the most elements that there were after a frame, and how far down the list was. */
const COUNT_NODES = `{
  globalThis.seen = { nodes: 0, rows: 0 };
  const all = document.getElementsByTagName("*");
  const rows = document.querySelector('[role="grid"][aria-label="Runs"]').children;
  const look = () => {
    seen.nodes = Math.max(seen.nodes, all.length);
    seen.rows = Math.max(seen.rows, Number(rows[rows.length - 1]?.dataset.index ?? 0));
    requestAnimationFrame(look);
  };
  look();
}`;
