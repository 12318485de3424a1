import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineEvent, EventEvaluation, EventType } from "../../../engine/core/events.ts";
import { describeEvent } from "../../../engine/runtime/queries/event-sentences.ts";

const run = { runId: 1 } as const;
const step = { runId: 1, ordinal: 2 } as const;
const error = { code: "user_code", message: "the page answers 500" };
const made = (asset: string, partition: string | null) => ({ asset, partition, id: 1, dataVersion: "v" });

const evaluated = (facts: Partial<EventEvaluation>): EventEvaluation => ({
  id: 1,
  check: "release:not_empty",
  asset: "release",
  partition: "iris",
  outcome: "passed",
  severity: "error",
  blocking: false,
  description: "",
  dataVersion: "v",
  ...facts,
});

type Told = { readonly [T in EventType]: readonly (readonly [Extract<EngineEvent, { readonly type: T }>, string])[] };

const told: Told = {
  "run.queued": [
    [{ type: "run.queued", ...run, data: { reason: "asked for by ada" } }, "The run was queued: asked for by ada."],
  ],
  "run.prioritized": [
    [{ type: "run.prioritized", ...run, data: { priority: 5, by: "ada" } }, "ada gave the run the priority 5."],
  ],
  "run.starting": [[{ type: "run.starting", ...run }, "The run is starting."]],
  "run.started": [[{ type: "run.started", ...run }, "The run's first step started."]],
  "run.canceling": [
    [{ type: "run.canceling", ...run, data: { reason: "canceled by ada" } }, "The run is being canceled by ada."],
    [{ type: "run.canceling", ...run, data: { reason: "too old" } }, "The run is being canceled: too old."],
  ],
  "run.succeeded": [[{ type: "run.succeeded", ...run }, "The run succeeded."]],
  "run.failed": [[{ type: "run.failed", ...run, data: { error } }, "The run failed: the page answers 500."]],
  "run.canceled": [
    [{ type: "run.canceled", ...run, data: { reason: "canceled by ada" } }, "The run was canceled by ada."],
  ],
  "step.waiting": [
    [
      { type: "step.waiting", ...step, data: { reason: "waits for the limit of 1 on pool docker" } },
      "Step 2 waits for the limit of 1 on pool docker.",
    ],
  ],
  "step.started": [
    [{ type: "step.started", ...step }, "Step 2 started."],
    [{ type: "step.started", ...step, data: { attempt: 2 } }, "Step 2 started its attempt 2."],
  ],
  "step.retrying": [
    [
      { type: "step.retrying", ...step, data: { attempt: 1, retryAtMs: 0, error } },
      "Step 2 failed in attempt 1 and will be tried again at 1970-01-01T00:00:00.000Z: the page answers 500.",
    ],
  ],
  "step.succeeded": [
    [{ type: "step.succeeded", ...step, data: { materializations: [] } }, "Step 2 succeeded and made nothing."],
    [
      { type: "step.succeeded", ...step, data: { materializations: [], check: "release:not_empty" } },
      "Step 2 succeeded: release:not_empty was evaluated.",
    ],
    [
      { type: "step.succeeded", ...step, data: { materializations: [made("names", null), made("load", "iris")] } },
      "Step 2 succeeded and made names, load of iris.",
    ],
    [
      {
        type: "step.succeeded",
        ...step,
        data: { materializations: ["a", "b", "c", "d", "e", "f", "g"].map((asset) => made(asset, null)) },
      },
      "Step 2 succeeded and made a, b, c, d, e and 2 more.",
    ],
  ],
  "check.evaluated": [
    [
      { type: "check.evaluated", ...step, data: evaluated({ outcome: "passed", partition: null }) },
      "The check release:not_empty passed.",
    ],
    [
      { type: "check.evaluated", ...step, data: evaluated({ outcome: "warned", severity: "warn", blocking: true }) },
      "The check release:not_empty of iris did not pass (warn).",
    ],
    [
      { type: "check.evaluated", ...step, data: evaluated({ outcome: "failed", description: "it has 0 documents" }) },
      "The check release:not_empty of iris did not pass (error): it has 0 documents.",
    ],
    [
      { type: "check.evaluated", ...step, data: evaluated({ outcome: "failed", blocking: true }) },
      "The check release:not_empty of iris did not pass (error), which keeps what depends on the asset from starting.",
    ],
  ],
  "step.failed": [
    [{ type: "step.failed", ...step, data: { error: { ...error, message: "It broke!" } } }, "Step 2 failed: It broke!"],
  ],
  "step.skipped": [
    [{ type: "step.skipped", ...step, data: { reason: "needs Docker" } }, "Step 2 was skipped: needs Docker."],
  ],
  "step.canceling": [
    [{ type: "step.canceling", ...step, data: { reason: "canceled by ada" } }, "Step 2 is being canceled by ada."],
  ],
  "step.canceled": [
    [{ type: "step.canceled", ...step, data: { reason: "canceled by ada" } }, "Step 2 was canceled by ada."],
  ],
  "step.interrupted": [
    [
      { type: "step.interrupted", ...step, data: { attempt: 3, interruptions: 2 } },
      "Step 2 was cut off in attempt 3 when the engine ended (its 2nd interruption).",
    ],
  ],
  "step.resumed": [
    [
      { type: "step.resumed", ...step, data: { attempt: 1 } },
      "Step 2 goes on with attempt 1, whose containers outlived the engine.",
    ],
  ],
  "step.warning": [
    [{ type: "step.warning", ...step, data: { message: "a late rejection" } }, "Step 2 warns: a late rejection."],
  ],
  "partitions.changed": [
    [
      {
        type: "partitions.changed",
        data: { set: "sources", added: 1, retired: 2, keys: ["iris"], reason: "the file changed" },
      },
      "sources: 1 key added, 2 retired (the file changed).",
    ],
  ],
  "partitions.held": [
    [
      { type: "partitions.held", data: { set: "sources", keys: 9, reason: "more than half" } },
      "sources: retiring 9 keys waits for an operator (more than half).",
    ],
  ],
  "tick.started": [[{ type: "tick.started", data: { automation: "look", tickId: 1 } }, "look is being evaluated."]],
  "tick.ended": [
    [
      { type: "tick.ended", data: { automation: "look", tickId: 1, status: "skipped", reason: "nothing changed" } },
      "look skipped: nothing changed.",
    ],
    [
      { type: "tick.ended", data: { automation: "look", tickId: 1, status: "succeeded", reason: null } },
      "look succeeded.",
    ],
  ],
  "automation.changed": [
    [{ type: "automation.changed", data: { automation: "look", enabled: false, by: "ada" } }, "ada turned look off."],
  ],
  "backfill.changed": [
    [{ type: "backfill.changed", data: { backfillId: 7, status: "running" } }, "Backfill 7 is running."],
  ],
  "limits.changed": [[{ type: "limits.changed", data: { by: "ada" } }, "ada changed the limits."]],
  "engine.started": [
    [
      { type: "engine.started", data: { epoch: 11, recovered: { runs: 0 } } },
      "The engine started, for the 11th time on this data.",
    ],
    [
      { type: "engine.started", data: { epoch: 23, recovered: { runs: 0 } } },
      "The engine started, for the 23rd time on this data.",
    ],
  ],
};

test("every event is told in one plain sentence", () => {
  for (const [event, sentence] of Object.values(told).flat()) assert.equal(describeEvent(event), sentence);
});
