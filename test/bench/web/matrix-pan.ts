import type { BenchResult, BenchRow } from "../bench-row.ts";
import { resultOf } from "../engine/figures.ts";
import { listServer, type ListServer } from "../list-api/list-server.ts";
import { at, FRAME_MS, frameDetails } from "./figures.ts";
import { shownAt } from "./first-load.ts";
import { watchMainThread } from "./main-thread.ts";
import type { ConsoleRecord } from "./record.ts";
import { noteWhen, scrollScript } from "./scripts.ts";
import { visit } from "./visit.ts";

const FRAMES = 300;
const LOADS = 5;
const PATH = `/assets/${encodeURIComponent("load/upload")}?tab=partitions`;
const GRID = '[role="grid"][aria-rowcount="2000"][aria-colcount="200"]';
/** All cells are there. */
const IS_WHOLE = `document.querySelector('${GRID}:not([aria-busy="true"])') !== null`;
/** By the address's `zoom`: the smallest cells, of which the most are seen, and the usual ones. */
const ZOOMS = [0, 2] as const;

/** A pan over 2,000 × 200 cells, and the load of them all. Its value is the main thread's time a frame. */
export function matrixPan(record: ConsoleRecord): BenchRow {
  return {
    row: "matrix-pan",
    passes: ({ p95 }) => (p95 ?? Infinity) < FRAME_MS,
    async measure(): Promise<BenchResult> {
      await using server = await listServer(await record.folder());
      const loads = await measureLoads(server);
      const samples: number[] = [];
      const details: Record<string, number> = {};
      for (const zoom of ZOOMS) {
        await using visited = await visit(server);
        await visited.page.addInitScript(noteWhen(IS_WHOLE));
        await visited.page.goto(new URL(`${PATH}&zoom=${zoom}`, server.url).href);
        await shownAt(visited.page);
        const script = scrollScript({ selector: '[role="grid"]', x: 23, y: 61, frames: FRAMES });
        const panned = await watchMainThread(visited.page, script);
        samples.push(...panned.busyMs);
        Object.assign(details, frameDetails(zoom === 0 ? "smallest cells" : "usual cells", panned));
      }
      return resultOf({
        row: "matrix-pan",
        unit: "ms a frame",
        target: `p95 < ${FRAME_MS} ms of the main thread`,
        floor: null,
        samples,
        peakRssMb: server.peakRssMb(),
        lagP99Ms: loads.lagP99Ms,
        details: { ...loads.details, ...details },
      });
    },
  };
}

/** From the navigation to all 400,000 cells, each in a new browser; the server's event loop meanwhile. */
async function measureLoads(server: ListServer): Promise<{ lagP99Ms: number; details: Record<string, number> }> {
  const first: number[] = [];
  const whole: number[] = [];
  const serverCpuMs: number[] = [];
  const lagsMs: number[] = [];
  const browserCpuMs: number[] = [];
  for (let index = 0; index < LOADS; index++) {
    await using visited = await visit(server);
    const { page } = visited;
    await page.addInitScript(noteWhen(IS_WHOLE));
    await server.phase();
    const before = { server: server.cpuMs(), browser: await visited.cpuSeconds() };
    await page.goto(new URL(PATH, server.url).href);
    await page.locator('[role="grid"] canvas').waitFor();
    first.push(await page.evaluate<number>("performance.now()"));
    whole.push(await shownAt(page));
    lagsMs.push((await server.phase()).lagP99Ms);
    serverCpuMs.push(server.cpuMs() - before.server);
    browserCpuMs.push(1000 * ((await visited.cpuSeconds()) - before.browser));
  }
  return {
    lagP99Ms: at(lagsMs, 1),
    details: {
      "first cells shown, p50, ms": at(first, 0.5),
      "all cells shown, p50, ms": at(whole, 0.5),
      "all cells shown, max, ms": at(whole, 1),
      "the server's processor time for all cells, p50, ms": at(serverCpuMs, 0.5),
      "the browser's processor time for all cells, p50, ms": at(browserCpuMs, 0.5),
    },
  };
}
