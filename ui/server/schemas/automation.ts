import { count, failure, flag, instant, json, list, nullable, record, text, texts } from "./values.ts";

export const tick = record({
  id: text,
  status: { type: "string", enum: ["started", "succeeded", "skipped", "failed"] },
  scheduledAt: nullable(instant),
  startedAt: instant,
  endedAt: nullable(instant),
  reason: nullable(text),
  error: nullable(failure),
  runs: texts,
  backfills: texts,
  requests: list(record({ outcome: text, id: nullable(text), runKey: nullable(text), reason: text })),
  changes: json,
  log: json,
});

const automationFields = {
  name: text,
  description: text,
  enabled: flag,
  enabledByDefault: flag,
  cursor: nullable(text),
  lastTick: nullable(tick),
  location: text,
} as const;

export const sensor = record({
  ...automationFields,
  trigger: { type: "string", enum: ["poll", "materialization", "run-failure"] },
  assets: texts,
  minIntervalMs: count,
});

export const schedule = record({
  ...automationFields,
  cron: text,
  timeZone: text,
  nextAt: nullable(instant),
  nextTimes: list(instant),
});

export const evaluation = record({
  tick: nullable(tick),
  reason: text,
  requests: list(
    record({
      job: text,
      partitions: { anyOf: [texts, { type: "string", const: "all" }, { type: "null" }] },
      runKey: nullable(text),
      reason: text,
      wouldRun: flag,
      blockedBy: nullable(text),
    }),
  ),
  partitions: list(record({ set: text, add: texts, retire: texts })),
  cursor: nullable(text),
});
