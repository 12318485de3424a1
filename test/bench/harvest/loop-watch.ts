import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

/**
 * Loaded into a measured server before all else: watches its memory and its event loop, and tells what they were since
 * the last time whenever the process above asks.
 */
export interface PhaseFigures {
  readonly peakRssMb: number;
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
}

const LAG_SAMPLE_MS = 10;
const RSS_SAMPLE_MS = 50;
const MEBIBYTE = 1024 * 1024;

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: LAG_SAMPLE_MS });
  delay.enable();
  let peakBytes = 0;
  const look = (): void => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  };
  setInterval(look, RSS_SAMPLE_MS).unref();
  process.on("message", () => {
    look();
    // The histogram counts the whole interval between its samples.
    const lag = (nanoseconds: number): number => Math.round(Math.max(0, nanoseconds / 1e6 - LAG_SAMPLE_MS) * 10) / 10;
    const figures: PhaseFigures = {
      peakRssMb: Math.round(peakBytes / MEBIBYTE),
      lagP99Ms: lag(delay.percentile(99)),
      lagMaxMs: lag(delay.max),
    };
    delay.reset();
    peakBytes = 0;
    process.send?.(figures);
  });
}
