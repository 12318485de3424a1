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

export const partitionWord = {
  type: "string",
  enum: ["running", "failed", "materialized", "missing", "retired"],
} as const;

const partitionCounts = record({
  total: count,
  materialized: count,
  missing: count,
  failed: count,
  running: count,
  stale: { ...count, description: "a share of materialized" },
  retired: count,
});

const latestFields = {
  runId: text,
  step: count,
  at: instant,
  value: { ...json, description: "null above 16 kB" },
  valueBytes: count,
  metadata: jsonObject,
  dataVersion: text,
  codeVersion: nullable(text),
  partition: nullable(text),
} as const;

const latest = record(latestFields);
export const materialization = record({ ...latestFields, id: text });

const assetFailure = {
  type: "object",
  properties: { ...failure.properties, runId: text, step: count, at: instant },
  required: ["code", "message", "runId", "step", "at"],
  additionalProperties: false,
} as const;

export const asset = record({
  key: text,
  group: text,
  description: text,
  kinds: texts,
  tags: textMap,
  partitionSet: nullable(text),
  status: partitionWord,
  partitions: nullable(partitionCounts),
  latest: nullable(latest),
  deps: texts,
  pool: nullable(text),
  location: text,
  error: nullable(assetFailure),
});

export const assetPartition = record({
  key: text,
  parts: textMap,
  status: partitionWord,
  latest: nullable(latest),
  error: nullable(assetFailure),
  liveRunId: nullable(text),
});

export const assetPartitionPage = page(assetPartition);

export const graph = record({
  nodes: list(
    record({
      key: text,
      group: text,
      status: partitionWord,
      partitions: nullable(partitionCounts),
      partitionSet: nullable(text),
    }),
  ),
  edges: list(record({ from: text, to: text })),
});

export const job = record({
  name: text,
  description: text,
  assets: texts,
  partitionSet: nullable(text),
  tags: textMap,
  priority: number,
  timeoutMs: nullable(count),
  onFailure: { type: "string", enum: ["continue", "stop"] },
  concurrency: nullable(count),
});
