import {
  type BackfillView,
  type Clock,
  isTerminalBackfill,
  isTerminalRun,
  type Page,
  type RunDetailView,
  type StepView,
} from "../../../engine/operate.ts";
import type { Api } from "../api.ts";
import { stepName } from "../names.ts";
import { printable, type Terminal } from "../terminal.ts";

const POLL_INTERVAL_MS = 500;
const BAR_CELLS = 30;

export interface FollowParams {
  readonly api: Api;
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Waits for a run's end, telling how far it is. */
export async function followRun(id: string, params: FollowParams): Promise<RunDetailView> {
  const { api, terminal } = params;
  return await followUntil(params, async () => {
    const run = await api.get<RunDetailView>(`/runs/${encodeURIComponent(id)}`);
    const { total, succeeded = 0, failed = 0, skipped = 0, canceled = 0 } = run.stepCounts;
    const ended = succeeded + failed + skipped + canceled;
    terminal.status(
      `${run.status}  ${bar(ended, total)} ${ended}/${total} steps${run.waitingFor === null ? "" : `  ${run.waitingFor}`}`,
    );
    return isTerminalRun(run.status) ? await withAllSteps(run, api) : null;
  });
}

/** A run with the steps that it did not bring along, too. */
export async function withAllSteps(run: RunDetailView, api: Api): Promise<RunDetailView> {
  const steps = [...run.steps];
  for (let cursor = run.nextStepCursor; cursor !== null;) {
    const page: Page<StepView> = await api.get(`/runs/${encodeURIComponent(run.id)}/steps?limit=500&cursor=${cursor}`);
    steps.push(...page.items);
    cursor = page.nextCursor;
  }
  return { ...run, steps, nextStepCursor: null };
}

/** Waits for a backfill's end, with a bar on a screen. */
export async function followBackfill(id: string, params: FollowParams): Promise<BackfillView> {
  const { api, terminal } = params;
  return await followUntil(params, async () => {
    const backfill = await api.get<BackfillView>(`/backfills/${encodeURIComponent(id)}`);
    const { total, succeeded, failed, canceled, status } = backfill;
    const ended = succeeded + failed + canceled;
    const bad = failed > 0 ? terminal.style("red", `  ${failed} failed`) : "";
    terminal.status(`${status}  ${bar(ended, total)} ${ended}/${total} runs${bad}`);
    return isTerminalBackfill(status) ? backfill : null;
  });
}

async function followUntil<T>({ terminal, clock, signal }: FollowParams, look: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== null) {
      terminal.status("");
      return found;
    }
    await clock.sleep(POLL_INTERVAL_MS, signal);
  }
}

function bar(done: number, total: number): string {
  const filled = total === 0 ? 0 : Math.round((done / total) * BAR_CELLS);
  return `${"█".repeat(filled)}${"░".repeat(BAR_CELLS - filled)}`;
}

/** What failed in a run, a line a step. */
export function failureLines(run: RunDetailView): readonly string[] {
  return run.steps
    .filter((step) => step.error !== null)
    .map((step) => printable(`${stepName(step)} ${step.partition ?? ""}: ${step.error?.message ?? ""}`));
}
