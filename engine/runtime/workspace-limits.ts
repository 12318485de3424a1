import type { YamlPath } from "../adapters/yaml-document.ts";
import type { Limit } from "../core/limits.ts";

/** What is wrong, where. */
export type TellProblem = (path: YamlPath, message: string) => void;

const expected =
  "expected limits: { runs: 20, tag: { ingest: { docker: 2 } }, tag_value: { source: 1 }, pool: { harvest: 4 } }";

/** Reads a project's limits, in the words that the API has for them. */
export function readLimits(value: unknown, path: YamlPath, tell: TellProblem): readonly Limit[] {
  if (value === undefined || value === null) return [];
  const reading = { limits: [] as Limit[], tell };
  for (const [kind, field] of fieldsOf(value, path, tell)) {
    const at = [...path, kind];
    if (kind === "runs") {
      addLimit(reading, at, { value: field, limit: (maximum) => ({ kind, maximum }) });
    } else if (kind === "tag_value" || kind === "pool") {
      for (const [key, maximum] of fieldsOf(field, at, tell)) {
        addLimit(reading, [...at, key], { value: maximum, limit: (most) => ({ kind, key, maximum: most }) });
      }
    } else if (kind === "tag") {
      for (const [key, values] of fieldsOf(field, at, tell)) {
        for (const [text, maximum] of fieldsOf(values, [...at, key], tell)) {
          const limit = (most: number): Limit => ({ kind, key, value: text, maximum: most });
          addLimit(reading, [...at, key, text], { value: maximum, limit });
        }
      }
    } else tell(at, `"${kind}" is not known here; ${expected}`);
  }
  return reading.limits;
}

interface Reading {
  readonly limits: Limit[];
  readonly tell: TellProblem;
}

interface Found {
  readonly value: unknown;
  readonly limit: (maximum: number) => Limit;
}

function addLimit({ limits, tell }: Reading, path: YamlPath, { value, limit }: Found): void {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) limits.push(limit(value));
  else tell(path, "a limit is a whole number from 0");
}

function fieldsOf(value: unknown, path: YamlPath, tell: TellProblem): readonly (readonly [string, unknown])[] {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return Object.entries(value);
  tell(path, `this is no mapping; ${expected}`);
  return [];
}
