import { runStatuses, stepStatuses } from "../../../engine/operate.ts";
import { evaluation } from "./assets.ts";
import {
  count,
  failure,
  instant,
  json,
  jsonObject,
  list,
  nullable,
  number,
  page,
  record,
  text,
  textMap,
  texts,
} from "./values.ts";

export const runStatus = { type: "string", enum: runStatuses } as const;
const stepStatus = { type: "string", enum: stepStatuses } as const;

const stepCounts = {
  type: "object",
  properties: Object.fromEntries(["total", ...stepStatuses].map((name) => [name, count])),
  required: ["total"],
  additionalProperties: false,
} as const;

const runFields = {
  id: text,
  job: nullable(text),
  assets: texts,
  checks: texts,
  checkCounts: record({ passed: count, warned: count, failed: count, errored: count }),
  partition: nullable(text),
  partitionParts: nullable(textMap),
  partitionSet: nullable(text),
  partitionCount: count,
  status: runStatus,
  tags: textMap,
  priority: number,
  parentRunId: nullable(text),
  rootRunId: nullable(text),
  backfillId: nullable(text),
  origin: record({ kind: text, name: nullable(text) }),
  runKey: nullable(text),
  createdAt: instant,
  startedAt: nullable(instant),
  endedAt: nullable(instant),
  reason: text,
  waitingFor: nullable(text),
  cancelReason: nullable(text),
  config: json,
  error: nullable(failure),
  stepCounts,
} as const;

export const step = record({
  step: count,
  assets: texts,
  check: nullable(text),
  partition: nullable(text),
  partitionParts: nullable(textMap),
  status: stepStatus,
  attempt: count,
  interruptions: count,
  startedAt: nullable(instant),
  endedAt: nullable(instant),
  retryAt: nullable(instant),
  reason: text,
  waitReason: nullable(text),
  after: list(count),
  afterEnd: list(count),
  pool: nullable(text),
  progress: nullable(jsonObject),
  error: nullable(failure),
  materializations: list(record({ asset: text, dataVersion: text, metadata: jsonObject })),
  evaluation: nullable(evaluation),
});

export const run = record(runFields);
export const runDetail = record({ ...runFields, steps: list(step), nextStepCursor: nullable(text) });
export const stepPage = page(step);
export const runPage = page(run);

export const event = record({
  seq: count,
  at: instant,
  type: text,
  step: nullable(count),
  message: text,
  data: json,
});

export const logLine = record({
  id: text,
  step: count,
  attempt: count,
  at: instant,
  level: { type: "string", enum: ["debug", "info", "warning", "error"] },
  message: text,
  fields: nullable(jsonObject),
});

export const runCounts = record({ from: instant, to: instant, succeeded: count, failed: count, canceled: count });
