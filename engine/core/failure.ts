import { type EngineError, isEngineError } from "./errors.ts";
import type { Failure } from "./events.ts";
import { jsonText, type Json } from "./json.ts";

const MAX_MESSAGE_CHARACTERS = 4000;
const MAX_DETAILS_CHARACTERS = 16_000;

/**
 * What was thrown, as it is recorded and shown: code, message, and the first line of code outside of packages. Code may
 * throw anything; this never throws.
 */
export function failureOf(error: unknown): Failure {
  try {
    return describeThrown(error);
  } catch {
    return { code: "user_code", message: "threw what cannot be read" };
  }
}

/** Whether trying again may help: what user code throws may, what an `EngineError` says of itself holds. */
export function isRetryable(error: unknown): boolean {
  const known = engineErrorOf(error);
  return known === null || known.retryable || ENDED_FROM_OUTSIDE.has(known.code);
}

/** How an attempt ends through no word of its own. */
const ENDED_FROM_OUTSIDE: ReadonlySet<string> = new Set(["timeout", "worker_timeout", "worker_crashed"]);

function engineErrorOf(error: unknown): EngineError | null {
  try {
    return isEngineError(error) ? error : null;
  } catch {
    return null;
  }
}

function describeThrown(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) {
    const text = jsonText(thrown);
    return { code: "user_code", message: cut(`threw what is no Error: ${text.ok ? text.text : text.found}`) };
  }
  const said: unknown = thrown.message === "" ? thrown.name : thrown.message;
  const message = cut(String(said)) || "threw an Error without a message";
  const place = typeof thrown.stack === "string" ? placeOf(thrown.stack) : null;
  if (!isEngineError(thrown)) return { code: "user_code", message, ...place };
  const details = detailsOf(thrown);
  return { code: thrown.code, message, ...place, ...(details === undefined ? {} : { details }) };
}

function cut(message: string): string {
  return message.length > MAX_MESSAGE_CHARACTERS ? `${message.slice(0, MAX_MESSAGE_CHARACTERS)}…` : message;
}

function detailsOf(error: EngineError): Json | undefined {
  const text = jsonText(error.details ?? null);
  if (!text.ok || error.details === undefined || text.text.length > MAX_DETAILS_CHARACTERS) return undefined;
  return JSON.parse(text.text) as Json;
}

/** `at run (file:///srv/assets/report.ts:12:9)` → file and line. */
function placeOf(stack: string): { file: string; line: number } | null {
  for (const line of stack.split("\n").slice(1)) {
    const match = /\(?(file:\/\/)?(\/[^():]+|[A-Z]:\\[^():]+):(\d+):\d+\)?$/.exec(line.trim());
    if (match === null || line.includes("node_modules") || line.includes("node:")) continue;
    const [, scheme, file = "", number] = match;
    return { file: scheme === undefined ? file : decodeURI(file), line: Number(number) };
  }
  return null;
}
