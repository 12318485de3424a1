import type { BenchResult } from "../bench-row.ts";

/** What differs from row to row; the rest of the figures follows from the samples. */
export interface Measured {
  readonly row: string;
  readonly unit: string;
  readonly target: string;
  /** Default: the samples' median. */
  readonly value?: number;
  readonly floor: number | null;
  /** How many times worse than the floor. Default: value over floor. */
  readonly ratio?: number;
  /** In the row's unit; empty where it is one figure. */
  readonly samples: readonly number[];
  readonly n?: number;
  readonly cpuRatio?: number;
  readonly peakRssMb?: number;
  readonly lagP99Ms?: number;
  readonly details?: Readonly<Record<string, number>>;
}

export function resultOf(measured: Measured): BenchResult {
  const { row, unit, target, floor, samples } = measured;
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number): number | null => rounded(quantile(sorted, share));
  const value = measured.value ?? quantile(sorted, 0.5);
  const ratio = measured.ratio ?? (value === null || floor === null ? null : value / floor);
  return {
    row,
    value: rounded(value),
    unit,
    floor: rounded(floor),
    ratio: rounded(ratio),
    target,
    n: measured.n ?? samples.length,
    min: at(0),
    median: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
    peakRssMb: measured.peakRssMb ?? null,
    lagP99Ms: measured.lagP99Ms ?? null,
    ...(measured.cpuRatio === undefined ? {} : { cpuRatio: rounded(measured.cpuRatio) }),
    ...(measured.details === undefined ? {} : { details: mapped(measured.details) }),
  };
}

/** The sample that this share of all samples does not exceed; null without samples. */
export function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}

function mapped(details: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(details).map(([name, value]) => [name, rounded(value) ?? 0]));
}

function rounded(value: number | null): number | null {
  if (value === null) return null;
  return Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}
