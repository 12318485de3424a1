/** One figure, as `npm run bench -- --json` prints it. Null where it has no meaning for the row. */
export interface BenchResult {
  /** Never changes: figures of different days are compared by it. */
  readonly row: string;
  readonly value: number | null;
  readonly unit: string;
  /** What bare code reaches in the same run, in the same unit. */
  readonly floor: number | null;
  /** How many times worse than the floor. */
  readonly ratio: number | null;
  readonly target: string;
  readonly n: number;
  readonly min: number | null;
  readonly median: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
  readonly peakRssMb: number | null;
  readonly lagP99Ms: number | null;
  /**
   * Processor time over that of the floor: what is left of the ratio where other work keeps the machine busy and its disk
   * slow. Of rows that ask for it.
   */
  readonly cpuRatio?: number | null;
  /** How long a page of the API took at the row's load; where it was asked for. */
  readonly pageP99Ms?: number | null;
  /** What else the row measured, by what it is and its unit. */
  readonly details?: Readonly<Record<string, number>>;
}

export interface BenchRow {
  readonly row: string;
  /** Whether the figures reach the row's target. */
  readonly passes: (result: BenchResult) => boolean;
  readonly measure: () => Promise<BenchResult>;
}
