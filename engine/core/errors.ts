/** Every error the engine and its adapters throw on purpose. A test holds that codes are unique and documented. */
export const errorCodes = {
  definition: "A definition is wrong: a duplicate, a cycle, a missing reference, a bad name.",
  config: "A setting or a configuration file is wrong.",
  invalid_request: "The request is malformed or asks for something that cannot be.",
  not_found: "There is nothing by that name.",
  conflict: "The state does not allow it (any more).",
  unauthorized: "Not logged in.",
  forbidden: "The role does not allow it.",
  too_large: "Over a stated limit.",
  locked: "Another engine holds the data directory.",
  schema: "The database was written by a newer version, or its migrations were changed.",
  corrupt: "The database or a stored value failed its check.",
  disk_failed: "The disk is full or fails; no change can be recorded until it is put right.",
  server_unreachable: "The Sheaf server that a command asks does not answer.",
  store_unavailable: "The object store does not answer.",
  object_not_found: "No object under that key.",
  object_key_refused: "The store cannot hold that key.",
  object_metadata_refused: "User metadata over 2 kB or not ASCII.",
  triplestore_unavailable: "The triplestore does not answer.",
  namespace_not_found: "No namespace of that name.",
  namespace_kind: "The namespace exists as the other kind.",
  rdf_syntax: "The RDF does not parse.",
  load_scope: "A statement lies outside of what the load replaces.",
  sparql_syntax: "The SPARQL does not parse, or asks for what is refused.",
  query_limit: "The query ran over its time or size limit.",
  worker_timeout: "A worker's task ran over its time limit.",
  worker_crashed: "A worker ended before its task did.",
  container_host_unavailable: "The container host does not answer.",
  container_exists: "A container of that name is there already.",
  container_not_found: "There is no such container.",
  container_failed: "A container ended with an exit code that means failure.",
  container_lost: "A container went away without an exit code.",
  canceled: "Canceled.",
  timeout: "Over its time limit.",
  interrupted: "The engine ended while the step ran.",
  user_code: "An asset's code threw.",
  retry_requested: "An asset's code asked to be tried again, and had no attempt left.",
  bad_value: "An asset returned what cannot be kept.",
  check_failed: "A blocking check did not pass.",
  missing_input: "An input has no stored value.",
  harvest: "A source could not be harvested.",
  internal: "A bug: an invariant does not hold.",
} as const;

export type ErrorCode = keyof typeof errorCodes;

export interface EngineErrorOptions extends ErrorOptions {
  /** Structured facts for the reader: what, where, expected. JSON. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** Whether trying again may help. Default false. */
  readonly retryable?: boolean | undefined;
}

export class EngineError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: EngineErrorOptions = {}) {
    super(message, options);
    this.name = "EngineError";
    this.code = code;
    this.details = options.details;
    this.retryable = options.retryable ?? false;
  }
}

/** True for an `EngineError`, of `code` where given. */
export function isEngineError(error: unknown, code?: ErrorCode): error is EngineError {
  return error instanceof EngineError && (code === undefined || error.code === code);
}
