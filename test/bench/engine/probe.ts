import { monitorEventLoopDelay } from "node:perf_hooks";

/** What a measured process tells of itself. */
export interface ProbeReport {
  readonly peakRssMb: number;
  readonly lagP99Ms: number;
  /** Processor time since the reset, of all threads. */
  readonly cpuSeconds: number;
  /** When the code of each run began, on the clock that all processes of a machine share. */
  readonly starts: readonly (readonly [runId: string, atMs: number])[];
}

export type ProbeRequest = "reset" | "report";

const SAMPLE_MS = 5;
const NS_PER_MS = 1e6;

const starts: [string, number][] = [];
let cpuAtReset = process.cpuUsage();
const delay = monitorEventLoopDelay({ resolution: SAMPLE_MS });

/** The monotonic clock of the machine, so that two processes' readings can be compared. */
export function machineNowMs(): number {
  return Number(process.hrtime.bigint()) / NS_PER_MS;
}

export function noteStart(runId: string): void {
  starts.push([runId, machineNowMs()]);
}

process.on("message", (request: ProbeRequest) => {
  if (request === "reset") {
    delay.enable();
    delay.reset();
    starts.length = 0;
    cpuAtReset = process.cpuUsage();
    return;
  }
  const { user, system } = process.cpuUsage(cpuAtReset);
  const report: ProbeReport = {
    cpuSeconds: (user + system) / 1e6,
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    // The histogram counts the whole interval between its samples.
    lagP99Ms: Math.round(Math.max(0, delay.percentile(99) / NS_PER_MS - SAMPLE_MS) * 10) / 10,
    starts,
  };
  process.send?.(report);
});
// What is measured decides when it ends, not this channel.
process.channel?.unref();
