import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";
import type { BenchResult, BenchRow } from "../bench-row.ts";
import { resultOf } from "../engine/figures.ts";
import { listServer } from "../list-api/list-server.ts";
import { at, FRAME_MS, frameDetails } from "./figures.ts";
import { type MainThread, watchMainThread } from "./main-thread.ts";
import { wheelScript } from "./scripts.ts";
import { type Visit, visit } from "./visit.ts";

const MAX_MS = 1500;
const DRAWINGS = 5;
const FRAMES = 240;
const PAN_P95 = "pan, all boxes seen: main thread a frame, p95, ms";
const CANVAS = 'canvas[role="application"]';
const definitions = fileURLToPath(new URL("graph-definitions.ts", import.meta.url));

/** 2,000 assets as a graph, none folded: from the click on the tab to the drawing, then a pan of it. */
export const graph2000: BenchRow = {
  row: "graph-2000",
  passes: ({ value, details }) => (value ?? Infinity) < MAX_MS && (details?.[PAN_P95] ?? Infinity) < FRAME_MS,
  async measure(): Promise<BenchResult> {
    await using folder = await temporaryFolder();
    await using server = await listServer(folder.path, { module: definitions });
    const samples: number[] = [];
    const cpuMs: number[] = [];
    const details: Record<string, number> = {};
    for (let index = 0; index < DRAWINGS; index++) {
      await using visited = await visit(server);
      await visited.page.goto(new URL("/assets?fold=none", server.url).href);
      await visited.page.getByText("2000 of 2000").waitFor();
      const before = await visited.cpuSeconds();
      samples.push(await visited.page.evaluate<number>(CLICK_AND_WAIT));
      cpuMs.push(1000 * ((await visited.cpuSeconds()) - before));
      if (index > 0) continue;
      Object.assign(details, frameDetails("pan, all boxes seen", await panned(visited)));
      // Large enough to read: some boxes are seen, with their texts.
      for (let step = 0; step < 8; step++) await visited.page.getByRole("button", { name: "Larger" }).click();
      Object.assign(details, frameDetails("pan, some boxes seen", await panned(visited)));
    }
    return resultOf({
      row: "graph-2000",
      unit: "ms",
      target: `< ${MAX_MS} ms to the drawing, pan p95 < ${FRAME_MS} ms of the main thread`,
      floor: null,
      samples,
      peakRssMb: server.peakRssMb(),
      details: { "the browser's processor time for it, p50, ms": at(cpuMs, 0.5), ...details },
    });
  },
};

async function panned({ page }: Visit): Promise<MainThread> {
  return await watchMainThread(page, wheelScript({ selector: CANVAS, x: 9, y: 6, frames: FRAMES, turn: 60 }));
}

/** The drawing stands in the frame after the one in which what told that it loads is gone. */
const CLICK_AND_WAIT = `new Promise((resolve) => {
  const tab = [...document.querySelectorAll('[role="tab"]')].find((one) => one.textContent === "Lineage");
  const from = performance.now();
  tab.click();
  const look = () => {
    const canvas = document.querySelector('${CANVAS}');
    const isDrawn = canvas !== null && document.querySelector('main [aria-label="loading"]') === null;
    requestAnimationFrame(isDrawn ? () => resolve(performance.now() - from) : look);
  };
  look();
})`;
