import { EngineError } from "./errors.ts";
import type { JsonObject } from "./json.ts";

export const checkSeverities = ["warn", "error"] as const;
export type CheckSeverity = (typeof checkSeverities)[number];

/** What a check's code returns. */
export interface Verdict {
  readonly passed: boolean;
  /** How bad it is that it did not pass. Default: the check's own. */
  readonly severity?: CheckSeverity;
  /** One sentence for people. */
  readonly description?: string;
  /** Facts for people. JSON, at most 64 kB. */
  readonly metadata?: JsonObject;
}

/** A verdict with nothing left out, as plain data that can cross threads. */
export interface ReadVerdict {
  readonly passed: boolean;
  readonly severity: CheckSeverity;
  readonly description: string;
  readonly metadata: JsonObject;
}

const MAX_DESCRIPTION_CHARACTERS = 4000;

/** Reads what a check's code returned. Throws `bad_value` on what is no verdict. */
export function readVerdict(check: { readonly severity: CheckSeverity }, returned: unknown): ReadVerdict {
  if (typeof returned !== "object" || returned === null || !("passed" in returned)) throw noVerdict("nothing like it");
  const { passed, severity, description, metadata } = returned as { readonly [K in keyof Verdict]: unknown };
  if (typeof passed !== "boolean") throw noVerdict("a `passed` that is no boolean");
  if (severity !== undefined && !isSeverity(severity))
    throw noVerdict(`a severity other than ${checkSeverities.join(", ")}`);
  if (description !== undefined && typeof description !== "string") throw noVerdict("a description that is no text");
  return {
    passed,
    severity: severity ?? check.severity,
    description: cut(description ?? ""),
    metadata: (metadata ?? {}) as JsonObject,
  };
}

function isSeverity(value: unknown): value is CheckSeverity {
  return checkSeverities.some((severity) => severity === value);
}

function cut(text: string): string {
  return text.length > MAX_DESCRIPTION_CHARACTERS ? `${text.slice(0, MAX_DESCRIPTION_CHARACTERS)}…` : text;
}

function noVerdict(found: string): EngineError {
  return new EngineError(
    "bad_value",
    `a check returns { passed, severity?, description?, metadata? }; this one returned ${found}`,
  );
}
