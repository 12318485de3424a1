import { EngineError } from "../../core/errors.ts";

/** Milliseconds since the epoch as views show them: ISO 8601, UTC, with milliseconds. */
export function instant(ms: number): string {
  return new Date(ms).toISOString();
}

export function instantOrNull(ms: number | null): string | null {
  return ms === null ? null : instant(ms);
}

/** Reads an ISO 8601 instant of a filter. Throws `invalid_request` on anything else. */
export function parseInstant(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) {
    throw new EngineError(
      "invalid_request",
      `${name} is ${JSON.stringify(text)}; expected an instant such as 2026-01-31T08:00:00.000Z`,
    );
  }
  return ms;
}
