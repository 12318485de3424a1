import { count, failure, instant, list, nullable, number, record, text, textMap, texts } from "./values.ts";

const backfillStatuses = ["queued", "running", "paused", "succeeded", "failed", "canceling", "canceled"] as const;
export const backfillStatus = { type: "string", enum: backfillStatuses } as const;

export const backfill = record({
  id: text,
  status: backfillStatus,
  job: nullable(text),
  assets: texts,
  checks: texts,
  tags: textMap,
  priority: number,
  origin: record({ kind: text, name: nullable(text) }),
  reason: text,
  total: count,
  launched: count,
  succeeded: count,
  failed: count,
  canceled: count,
  createdAt: instant,
  startedAt: nullable(instant),
  endedAt: nullable(instant),
  error: nullable(failure),
});

const holder = record({ runId: text, step: nullable(count), since: instant });

export const limit = record({
  kind: { type: "string", enum: ["runs", "tag", "tag_value", "pool"] },
  key: text,
  value: text,
  maximum: count,
  origin: { type: "string", enum: ["operator", "configuration"] },
  used: count,
  holders: list(holder),
});

export const pool = record({
  name: text,
  maximum: { ...nullable(count), description: "null: no limit" },
  used: count,
  holders: list(holder),
  assets: texts,
});

export const preview = record({
  runs: count,
  steps: count,
  waves: list(
    record({
      assets: texts,
      checks: texts,
      partitionSet: nullable(text),
      partitions: count,
      keys: texts,
      firstRun: list(
        record({ assets: texts, check: nullable(text), partition: nullable(text), reason: text, after: list(count) }),
      ),
    }),
  ),
  reason: text,
});
