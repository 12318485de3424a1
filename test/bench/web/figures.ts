import { quantile } from "../engine/figures.ts";
import type { MainThread } from "./main-thread.ts";

/** A screen's 60 frames a second. */
export const FRAME_MS = 16.7;

export function at(samples: readonly number[], share: number): number {
  return (
    quantile(
      samples.toSorted((a, b) => a - b),
      share,
    ) ?? 0
  );
}

/** What a row tells of frames beside its value, each name beginning with `what`. */
export function frameDetails(what: string, { intervalsMs, busyMs, cpuMs }: MainThread): Record<string, number> {
  const late = intervalsMs.filter((ms) => ms > FRAME_MS * 1.5).length;
  return {
    [`${what}: frames`]: intervalsMs.length,
    [`${what}: interval p50, ms`]: at(intervalsMs, 0.5),
    [`${what}: interval p95, ms`]: at(intervalsMs, 0.95),
    [`${what}: interval max, ms`]: at(intervalsMs, 1),
    [`${what}: frames left out, %`]: (100 * late) / Math.max(1, intervalsMs.length),
    [`${what}: main thread a frame, p50, ms`]: at(busyMs, 0.5),
    [`${what}: main thread a frame, p95, ms`]: at(busyMs, 0.95),
    [`${what}: its processor time a frame, p50, ms`]: at(cpuMs, 0.5),
    [`${what}: its processor time a frame, p95, ms`]: at(cpuMs, 0.95),
  };
}

/** Of the time that a script ran, the share that the main thread was at work, in per cent. */
export function busyShare({ busyMs, cpuMs, elapsedMs }: MainThread): { readonly busy: number; readonly cpu: number } {
  const share = (all: readonly number[]): number => (100 * all.reduce((sum, ms) => sum + ms, 0)) / elapsedMs;
  return { busy: share(busyMs), cpu: share(cpuMs) };
}
