import { EngineError, type ErrorCode, isEngineError } from "../../engine/operate.ts";

/** The HTTP status of every code that the engine throws. */
export const statusOfCode: Readonly<Record<ErrorCode, number>> = {
  definition: 422,
  config: 422,
  invalid_request: 400,
  not_found: 404,
  conflict: 409,
  unauthorized: 401,
  forbidden: 403,
  too_large: 413,
  locked: 503,
  schema: 500,
  corrupt: 500,
  disk_failed: 503,
  server_unreachable: 503,
  store_unavailable: 503,
  object_not_found: 404,
  object_key_refused: 422,
  object_metadata_refused: 422,
  triplestore_unavailable: 503,
  namespace_not_found: 404,
  namespace_kind: 409,
  rdf_syntax: 400,
  load_scope: 422,
  sparql_syntax: 400,
  query_limit: 422,
  worker_timeout: 503,
  worker_crashed: 503,
  container_host_unavailable: 503,
  container_exists: 409,
  container_not_found: 404,
  container_failed: 502,
  container_lost: 502,
  canceled: 503,
  timeout: 504,
  interrupted: 503,
  user_code: 422,
  retry_requested: 422,
  bad_value: 422,
  check_failed: 409,
  missing_input: 409,
  harvest: 502,
  internal: 500,
};

/** What only HTTP knows. */
const statusOfHttpCode = {
  method_not_allowed: 405,
  not_acceptable: 406,
  unsupported_media_type: 415,
  too_many_requests: 429,
  unavailable: 503,
} as const;
export type HttpCode = keyof typeof statusOfHttpCode;

export class HttpProblem extends Error {
  readonly code: HttpCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: HttpCode, message: string, extra: HttpProblemExtra = {}) {
    super(message);
    this.name = "HttpProblem";
    this.code = code;
    this.headers = extra.headers ?? {};
    this.details = extra.details;
  }
}

interface HttpProblemExtra {
  readonly headers?: Readonly<Record<string, string>>;
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface ProblemBody {
  readonly error: { readonly code: string; readonly message: string; readonly details?: unknown };
}

export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ProblemBody;
  /** True for what is a bug of ours, whose message stays in the log. */
  readonly isBug: boolean;
}

/** What to answer to whatever was thrown. */
export function problemOf(error: unknown): ProblemAnswer {
  if (error instanceof HttpProblem) {
    return answer(statusOfHttpCode[error.code], error, { headers: error.headers });
  }
  if (isEngineError(error)) {
    const headers: Record<string, string> = {};
    if (error.code === "unauthorized") headers["WWW-Authenticate"] = 'Bearer realm="sheaf"';
    if (statusOfCode[error.code] === 503 && error.retryable) headers["Retry-After"] = "5";
    return answer(statusOfCode[error.code], error, { headers, isBug: error.code === "internal" });
  }
  const refused = refusedByFastify(error);
  if (refused !== null) return problemOf(refused);
  return answer(500, new EngineError("internal", "a bug: see the server's log"), { isBug: true });
}

interface AnswerExtra {
  readonly headers?: Readonly<Record<string, string>>;
  readonly isBug?: boolean;
}

function answer(status: number, error: EngineError | HttpProblem, { headers = {}, isBug = false }: AnswerExtra) {
  const { code, message, details } = error;
  return { status, headers, isBug, body: { error: { code, message, ...(details === undefined ? {} : { details }) } } };
}

/** Fastify's own refusals (https://fastify.dev/docs/latest/Reference/Errors/), in our words; null for anything else. */
function refusedByFastify(error: unknown): EngineError | HttpProblem | null {
  if (!(error instanceof Error) || !("statusCode" in error) || typeof error.statusCode !== "number") return null;
  if (error.statusCode < 400 || error.statusCode > 499) return null;
  if (error.statusCode === 413) return new EngineError("too_large", "the body is longer than this route takes");
  if (error.statusCode === 415) {
    return new HttpProblem(
      "unsupported_media_type",
      "this route does not take that Content-Type; send application/json",
    );
  }
  return new EngineError("invalid_request", error.message);
}
