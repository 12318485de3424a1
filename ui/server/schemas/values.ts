import type { JSONSchema } from "json-schema-to-ts";
import { MAX_PRIORITY, runKeyPolicies } from "../../../engine/operate.ts";

/** Percent-encoded, a key of 8,192 bytes takes three times as many characters. */
export const MAX_PARAMETER_CHARACTERS = 3 * 8192;
/** Of a partition key; `checkPartitionKey` counts bytes, of which a character has one at least. */
export const MAX_KEY_CHARACTERS = 8192;
export const MAX_NAME_CHARACTERS = 255;
/** As the record has it. */
export const MAX_PAGE_ITEMS = 500;
/** Keys in one request; a backfill over more names a range, a dimension or a word. */
export const MAX_REQUEST_KEYS = 100_000;
export const MAX_TAGS = 100;
const MAX_TEXT_CHARACTERS = 1000;
const MAX_CURSOR_CHARACTERS = 20_000;
const MAX_SELECTION_CHARACTERS = 10_000;

type Properties = Readonly<Record<string, JSONSchema>>;

/** An object of which every field is always there, and no other. */
export function record<const P extends Properties>(properties: P) {
  return {
    type: "object",
    properties,
    required: Object.keys(properties) as readonly (keyof P & string)[],
    additionalProperties: false,
  } as const;
}

/** An object of which every field may be left out, and no other is taken. */
export function options<const P extends Properties>(properties: P) {
  return { type: "object", properties, additionalProperties: false } as const;
}

export function nullable<const S extends JSONSchema>(schema: S) {
  return { anyOf: [schema, { type: "null" }] } as const;
}

export function list<const S extends JSONSchema>(items: S) {
  return { type: "array", items } as const;
}

export function mapOf<const S extends JSONSchema>(additionalProperties: S) {
  return { type: "object", additionalProperties } as const;
}

export function page<const S extends JSONSchema>(items: S) {
  return record({ items: list(items), nextCursor: nullable(text) });
}

export const text = { type: "string" } as const;
export const flag = { type: "boolean" } as const;
export const count = { type: "integer", minimum: 0 } as const;
export const number = { type: "number" } as const;
export const instant = { type: "string", format: "date-time", description: "ISO 8601, UTC, milliseconds" } as const;
/** Any JSON. */
export const json = {} as const;
export const jsonObject = { type: "object", additionalProperties: true } as const;
export const texts = list(text);
export const textMap = mapOf(text);

export const failure = {
  type: "object",
  properties: { code: text, message: text, file: text, line: { type: "integer" }, details: json },
  required: ["code", "message"],
  additionalProperties: false,
} as const;

/** What a request may hold. */
export const name = { type: "string", minLength: 1, maxLength: MAX_NAME_CHARACTERS } as const;
/** `<asset>:<check>` */
export const checkKey = { type: "string", minLength: 3, maxLength: 2 * MAX_NAME_CHARACTERS + 1 } as const;
export const id = { type: "string", minLength: 1, maxLength: 64 } as const;
export const key = { type: "string", minLength: 1, maxLength: MAX_KEY_CHARACTERS } as const;
export const keys = { type: "array", items: key, minItems: 1, maxItems: MAX_REQUEST_KEYS } as const;
export const shortText = { type: "string", minLength: 1, maxLength: MAX_TEXT_CHARACTERS } as const;
export const selection = {
  type: "string",
  minLength: 1,
  maxLength: MAX_SELECTION_CHARACTERS,
  description: 'e.g. "group:load and not ingest/bucket_urls", "+ingest/upload_release"',
} as const;
export const tags = {
  type: "object",
  maxProperties: MAX_TAGS,
  propertyNames: shortText,
  additionalProperties: { type: "string", maxLength: MAX_TEXT_CHARACTERS },
} as const;
export const priority = { type: "integer", minimum: -MAX_PRIORITY, maximum: MAX_PRIORITY } as const;
export const keyPolicy = {
  type: "string",
  enum: runKeyPolicies,
  description:
    "what a used runKey allows. once (default): nothing; until-success: another run after one that failed or was canceled; " +
    "always: another run after one that has ended",
} as const;
export const sequence = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
export const stepNumber = { type: "integer", minimum: 0, maximum: 10_000_000 } as const;
export const paging = {
  limit: { type: "integer", minimum: 1, maximum: MAX_PAGE_ITEMS },
  cursor: { type: "string", minLength: 1, maxLength: MAX_CURSOR_CHARACTERS },
} as const;

export const namePath = record({ name });
export const idPath = record({ id });
export const done = record({ ok: { type: "boolean", const: true } });
