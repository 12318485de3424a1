import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock } from "../../engine/operate.ts";

export interface LoopLag {
  /** The 99th percentile of how late the event loop was, over the last window or two. */
  p99Ms(): number;
  stop(): void;
}

const SAMPLE_MS = 20;
const WINDOW_MS = 10_000;

/** The histogram of Node counts the whole interval between its samples, so that is taken off. */
export function loopLag(clock: Pick<Clock, "monotonic">): LoopLag {
  const histogram = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  histogram.enable();
  let windowEndsAtMs = clock.monotonic() + WINDOW_MS;
  let before = 0;
  const current = (): number => (histogram.count === 0 ? 0 : Math.max(0, histogram.percentile(99) / 1e6 - SAMPLE_MS));
  return {
    p99Ms() {
      const highest = Math.max(before, current());
      if (clock.monotonic() >= windowEndsAtMs) {
        before = current();
        histogram.reset();
        windowEndsAtMs = clock.monotonic() + WINDOW_MS;
      }
      return Math.round(highest * 10) / 10;
    },
    stop: () => void histogram.disable(),
  };
}
