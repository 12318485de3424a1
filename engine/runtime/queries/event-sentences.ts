import type { EngineEvent, EventEvaluation, EventMaterialization } from "../../core/events.ts";
import { describeNotMade, type NotMade } from "../../core/outcome.ts";
import type { DescribeEvent } from "../operations.ts";
import { instant } from "./instants.ts";

const MAX_NAMED = 5;

/** One plain sentence for each event. */
export const describeEvent: DescribeEvent = (event) => {
  const text = isStepEvent(event) ? describeStepEvent(event) : describeOtherEvent(event);
  return /[.!?…]$/.test(text) ? text : `${text}.`;
};

function describeOtherEvent(event: Exclude<EngineEvent, StepEvent>): string {
  switch (event.type) {
    case "run.queued":
      return `The run was queued: ${event.data.reason}`;
    case "run.prioritized":
      return `${event.data.by} gave the run the priority ${event.data.priority}`;
    case "run.starting":
      return "The run is starting";
    case "run.started":
      return "The run's first step started";
    case "run.canceling":
      return `The run is being ${canceledWhy(event.data.reason)}`;
    case "run.succeeded":
      return "The run succeeded";
    case "run.failed":
      return `The run failed: ${event.data.error.message}`;
    case "run.canceled":
      return `The run was ${canceledWhy(event.data.reason)}`;
    case "partitions.changed":
      return `${event.data.set}: ${countedKeys(event.data.added)} added, ${event.data.retired} retired (${event.data.reason})`;
    case "partitions.held":
      return `${event.data.set}: retiring ${countedKeys(event.data.keys)} waits for an operator (${event.data.reason})`;
    case "tick.started":
      return `${event.data.automation} is being evaluated`;
    case "tick.ended":
      return `${event.data.automation} ${event.data.status}${event.data.reason === null ? "" : `: ${event.data.reason}`}`;
    case "automation.changed":
      return `${event.data.by} turned ${event.data.automation} ${event.data.enabled ? "on" : "off"}`;
    case "backfill.changed":
      return `Backfill ${event.data.backfillId} is ${event.data.status}`;
    case "limits.changed":
      return `${event.data.by} changed the limits`;
    case "engine.started":
      return `The engine started, for the ${ordinalWord(event.data.epoch)} time on this data`;
  }
}

type StepEvent = Extract<EngineEvent, { readonly ordinal: number }>;

function isStepEvent(event: EngineEvent): event is StepEvent {
  return "ordinal" in event;
}

function describeStepEvent(event: StepEvent): string {
  const step = `Step ${event.ordinal}`;
  switch (event.type) {
    case "step.waiting":
      return `${step} ${event.data.reason}`;
    case "step.started":
      return event.data === undefined ? `${step} started` : `${step} started its attempt ${event.data.attempt}`;
    case "step.retrying":
      return (
        `${step} failed in attempt ${event.data.attempt} and will be tried again at ` +
        `${instant(event.data.retryAtMs)}: ${event.data.error.message}`
      );
    case "step.succeeded":
      return event.data.check === undefined
        ? `${step} succeeded${describeMade(event.data.materializations)}${describeLeftOut(event.data.notMade)}`
        : `${step} succeeded: ${event.data.check} was evaluated`;
    case "check.evaluated":
      return describeEvaluation(event.data);
    case "step.failed":
      return `${step} failed: ${event.data.error.message}`;
    case "step.skipped":
      return `${step} was skipped: ${event.data.reason}`;
    case "step.canceling":
      return `${step} is being ${canceledWhy(event.data.reason)}`;
    case "step.canceled":
      return `${step} was ${canceledWhy(event.data.reason)}`;
    case "step.interrupted":
      return (
        `${step} was cut off in attempt ${event.data.attempt} when the engine ended ` +
        `(its ${ordinalWord(event.data.interruptions)} interruption)`
      );
    case "step.resumed":
      return `${step} goes on with attempt ${event.data.attempt}, whose containers outlived the engine`;
    case "step.warning":
      return `${step} warns: ${event.data.message}`;
  }
}

function describeEvaluation({ check, partition, outcome, severity, blocking, description }: EventEvaluation): string {
  const name = `The check ${check}${partition === null ? "" : ` of ${partition}`}`;
  const why = description === "" ? "" : `: ${description}`;
  if (outcome === "passed") return `${name} passed${why}`;
  const halts = outcome === "failed" && blocking ? ", which keeps what depends on the asset from starting" : "";
  return `${name} did not pass (${severity})${halts}${why}`;
}

/** Most reasons read "canceled by ada" themselves. */
function canceledWhy(reason: string): string {
  return reason.startsWith("canceled ") ? reason : `canceled: ${reason}`;
}

function describeMade(made: readonly EventMaterialization[]): string {
  if (made.length === 0) return " and made nothing";
  const named = made
    .slice(0, MAX_NAMED)
    .map((one) => (one.partition === null ? one.asset : `${one.asset} of ${one.partition}`));
  const more = made.length > MAX_NAMED ? ` and ${made.length - MAX_NAMED} more` : "";
  return ` and made ${named.join(", ")}${more}`;
}

function describeLeftOut(notMade: readonly NotMade[] = []): string {
  return notMade.length === 0 ? "" : `, but not ${describeNotMade(notMade)}`;
}

function countedKeys(count: number): string {
  return count === 1 ? "1 key" : `${count} keys`;
}

/** 1st, 2nd, 3rd, 4th, 11th, 22nd. */
function ordinalWord(count: number): string {
  const isTeen = count % 100 >= 11 && count % 100 <= 13;
  const ending = isTeen ? "th" : (["th", "st", "nd", "rd"][count % 10] ?? "th");
  return `${count}${ending}`;
}
