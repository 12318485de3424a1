import type { TimedSchedule } from "../../core/automation.ts";
import type { JsonObject } from "../../core/json.ts";
import type { LimitView } from "../views.ts";

/** What views show of an engine beyond its record: what it does right now. */
export interface LiveState {
  /** A running step's newest report. */
  progressOf(runId: number, ordinal: number): JsonObject | null;
  /** What a running step waits for outside of the engine. */
  waitOf(runId: number, ordinal: number): string | null;
  /** Which limit keeps a queued run waiting, and who holds it. */
  waitReason(runId: number): string | null;
  limits(): readonly LimitView[];
  nextTimes(schedule: TimedSchedule, count: number): readonly string[];
  isEnabled(name: string): boolean;
}
