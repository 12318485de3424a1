import { count, instant, list, nullable, page, record, text, textMap, texts } from "./values.ts";

const setFields = {
  name: text,
  kind: text,
  dimensions: list(record({ name: text, set: text })),
  total: count,
  active: count,
  retired: count,
  held: {
    ...nullable(record({ keys: texts, origin: text, reason: text, since: instant })),
    description: "a change that waits for an operator's word",
  },
} as const;

export const partitionKey = record({
  key: text,
  parts: textMap,
  state: { type: "string", enum: ["active", "retired"] },
  addedAt: instant,
  changedAt: instant,
  reason: text,
});

export const partitionSet = record(setFields);
export const partitionSetPage = record({ ...setFields, ...page(partitionKey).properties });
