import { EngineError, isEngineError } from "../../core/errors.ts";
import type { ErrorCode } from "../../core/errors.ts";

/** An error as it crosses from one thread to another: structured cloning keeps neither class, code nor details. */
export interface ErrorMessage {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
  /** Of an `EngineError` only. */
  readonly engine: { readonly code: ErrorCode; readonly details: string | null; readonly retryable: boolean } | null;
  readonly cause: ErrorMessage | null;
}

/** Causes of causes are told up to this depth. */
const MAX_CAUSES = 5;

export function errorMessage(error: unknown, depth = 0): ErrorMessage {
  if (!(error instanceof Error)) {
    return { name: "Error", message: String(error), stack: null, engine: null, cause: null };
  }
  const engine = isEngineError(error)
    ? { code: error.code, details: json(error.details), retryable: error.retryable }
    : null;
  const hasCause = error.cause !== undefined && depth < MAX_CAUSES;
  return {
    name: error.name,
    message: error.message,
    stack: error.stack ?? null,
    engine,
    cause: hasCause ? errorMessage(error.cause, depth + 1) : null,
  };
}

export function errorOfMessage({ name, message, stack, engine, cause }: ErrorMessage): Error {
  const options = cause === null ? {} : { cause: errorOfMessage(cause) };
  const error =
    engine === null
      ? Object.defineProperty(new Error(message, options), "name", { value: name })
      : new EngineError(engine.code, message, {
          ...options,
          retryable: engine.retryable,
          details: parsed(engine.details),
        });
  if (stack !== null) error.stack = stack;
  return error;
}

/** Details are JSON by their type's word; what is not costs the details, not the error. */
function json(details: unknown): string | null {
  try {
    return JSON.stringify(details) ?? null;
  } catch {
    return null;
  }
}

function parsed(details: string | null): Readonly<Record<string, unknown>> | undefined {
  return details === null ? undefined : (JSON.parse(details) as Readonly<Record<string, unknown>>);
}
