import { checkOutcomes, checkSeverities, checkWords, recordedCheckWords } from "../../../engine/operate.ts";
import {
  count,
  failure,
  flag,
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

const checkSeverity = { type: "string", enum: checkSeverities } as const;
const checkWord = { type: "string", enum: checkWords } as const;
export const recordedCheckWord = { type: "string", enum: recordedCheckWords } as const;

export const evaluation = record({
  id: text,
  check: text,
  partition: nullable(text),
  runId: text,
  step: count,
  at: instant,
  outcome: { type: "string", enum: checkOutcomes },
  passed: { ...nullable(flag), description: "null: its code threw" },
  severity: checkSeverity,
  blocking: flag,
  description: text,
  metadata: jsonObject,
  dataVersion: { ...nullable(text), description: "of the materialization that it judged" },
  isCurrent: { ...flag, description: "whether that materialization is still the newest" },
  error: nullable(failure),
});

export const check = record({
  key: text,
  name: text,
  asset: text,
  description: text,
  blocking: flag,
  severity: checkSeverity,
  status: { ...checkWord, description: "outdated: not evaluated since the asset was made again" },
  partitions: nullable(
    record({
      total: count,
      passed: count,
      warned: count,
      failed: count,
      errored: count,
      outdated: count,
      unevaluated: count,
    }),
  ),
  latest: nullable(evaluation),
  pool: nullable(text),
  location: text,
});

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
  checks: list(check),
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

const matrixKeys = record({
  keys: texts,
  numbers: { ...list(count), description: "by which cells name the keys" },
});
const numbersOfCells = { ...text, description: "a number of 32 bits for each cell, little-endian, in base64" } as const;

export const matrix = record({
  rowDimension: text,
  columnDimension: nullable(text),
  others: list(record({ dimension: text, key: { ...nullable(text), description: "null: every one" } })),
  rows: matrixKeys,
  columns: matrixKeys,
  words: list(partitionWord),
  cells: record({
    rows: numbersOfCells,
    columns: numbersOfCells,
    words: { ...text, description: "a digit for each cell: its place in the list of words" },
    at: { ...numbersOfCells, description: `${numbersOfCells.description}: s since the epoch, 0 for never` },
  }),
  nextCursor: nullable(text),
});

export const keyCounts = record({
  dimension: text,
  items: list(record({ key: text, total: count, materialized: count, missing: count, failed: count, running: count })),
  isCurrent: { ...flag, description: "false: something changed since, and it is counted anew" },
  nextCursor: nullable(text),
});

export const failureOfPartition = record({ asset: text, partition: nullable(text), error: assetFailure });

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
  checks: texts,
  partitionSet: nullable(text),
  tags: textMap,
  priority: number,
  timeoutMs: nullable(count),
  onFailure: { type: "string", enum: ["continue", "stop"] },
  concurrency: nullable(count),
});
