import { type EngineError, isEngineError } from "./errors.ts";
import type { Failure } from "./events.ts";
import { jsonText, type Json } from "./json.ts";

const MAX_MESSAGE_CHARACTERS = 4000;
const MAX_DETAILS_CHARACTERS = 16_000;

/** What was thrown, as it is recorded and shown: code, message, and the first line of code outside of packages. */
export function failureOf(error: unknown): Failure {
  const message = cut(error instanceof Error ? error.message || error.name : describeThrown(error));
  const place = error instanceof Error ? placeOf(error.stack ?? "") : null;
  if (!isEngineError(error)) return { code: "user_code", message, ...place };
  const details = detailsOf(error);
  return { code: error.code, message, ...place, ...(details === undefined ? {} : { details }) };
}

/** Whether trying again may help: what user code throws may, what an `EngineError` says of itself holds. */
export function isRetryable(error: unknown): boolean {
  return isEngineError(error) ? error.retryable || error.code === "timeout" || error.code === "worker_timeout" : true;
}

function describeThrown(thrown: unknown): string {
  const text = jsonText(thrown);
  return `threw what is no Error: ${text.ok ? text.text : text.found}`;
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
    const match = /\(?(?:file:\/\/)?(\/[^():]+|[A-Z]:\\[^():]+):(\d+):\d+\)?$/.exec(line.trim());
    if (match === null || line.includes("node_modules") || line.includes("node:")) continue;
    return { file: decodeURI(match[1] ?? ""), line: Number(match[2]) };
  }
  return null;
}
