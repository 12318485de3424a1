import type { Page } from "playwright-core";

/** What the main thread of a page did while a script ran. */
export interface MainThread {
  /** From the beginning of the first frame to that of the last. */
  readonly elapsedMs: number;
  /** From the beginning of each frame to the next, as `requestAnimationFrame` tells. */
  readonly intervalsMs: readonly number[];
  /** Of each such interval, how long tasks ran on the page's main thread: elapsed time, so that other work counts. */
  readonly busyMs: readonly number[];
  /** The same in processor time of that thread. */
  readonly cpuMs: readonly number[];
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** µs, of a clock of the machine's. */
  readonly ts: number;
  readonly dur?: number;
  /** Processor time of the thread, µs. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

const CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "__metadata"];
const FRAME = "FireAnimationFrame";
const TASK = "RunTask";

/**
 * Runs a script that asks for animation frames, traced by chromium itself, and tells what the main thread did from each to
 * the next. The trace costs a few per cent, which are counted as the page's.
 */
export async function watchMainThread(page: Page, script: string): Promise<MainThread> {
  const browser = page.context().browser();
  if (browser === null) throw new Error("the page has no browser");
  await browser.startTracing(page, { categories: CATEGORIES });
  await page.evaluate(script);
  const trace = await browser.stopTracing();
  const { traceEvents } = JSON.parse(trace.toString("utf8")) as { readonly traceEvents: readonly TraceEvent[] };
  return byFrame(traceEvents);
}

function byFrame(events: readonly TraceEvent[]): MainThread {
  const frames = events.filter(({ name }) => name === FRAME).toSorted((a, b) => a.ts - b.ts);
  const [first] = frames;
  if (first === undefined) throw new Error("the trace has no frame");
  const isHere = ({ pid, tid }: TraceEvent): boolean => pid === first.pid && tid === first.tid;
  const tasks = events
    .filter((event) => event.name === TASK && event.ph === "X" && isHere(event))
    .toSorted((a, b) => a.ts - b.ts);
  const starts = frameStarts(frames.filter(isHere), tasks);
  const busyMs = starts.slice(1).map(() => 0);
  const cpuMs = [...busyMs];
  let frame = 0;
  for (const { ts, dur = 0, tdur = 0 } of tasks) {
    while (frame + 1 < starts.length && ts >= (starts[frame + 1] ?? 0)) frame++;
    if (ts < (starts[0] ?? 0) || frame >= busyMs.length) continue;
    busyMs[frame] = (busyMs[frame] ?? 0) + dur / 1000;
    cpuMs[frame] = (cpuMs[frame] ?? 0) + tdur / 1000;
  }
  const intervalsMs = starts.slice(1).map((start, at) => (start - (starts[at] ?? 0)) / 1000);
  return { elapsedMs: intervalsMs.reduce((sum, ms) => sum + ms, 0), intervalsMs, busyMs, cpuMs };
}

/** When the tasks began that each hold a frame's callbacks; a frame may have several. */
function frameStarts(frames: readonly TraceEvent[], tasks: readonly TraceEvent[]): readonly number[] {
  const starts = new Set<number>();
  let at = 0;
  for (const { ts } of frames) {
    while ((tasks[at + 1]?.ts ?? Infinity) <= ts) at++;
    const task = tasks[at];
    if (task !== undefined && task.ts <= ts) starts.add(task.ts);
  }
  return [...starts];
}
