import { EngineError } from "../../core/errors.ts";
import type { HttpAnswer } from "../sparql-http.ts";

export interface CallSite {
  readonly address: string;
  readonly namespace?: string | undefined;
}

/** How much of a server's own words an error repeats. */
const MAX_MESSAGE_CHARACTERS = 500;

/** Blazegraph answers a stack trace for everything; the exceptions in it tell what happened. */
const MEANINGS: readonly (readonly [RegExp, "sparql_syntax" | "query_limit" | "rdf_syntax"])[] = [
  [
    /QueryTimeoutException|Query deadline is expired|QueryInterruptedException|ThreadInterruptedException/u,
    "query_limit",
  ],
  [/MalformedQueryException|QuadsOperationInTriplesModeException|VisitorException|TokenMgrError/u, "sparql_syntax"],
  [/RDFParseException/u, "rdf_syntax"],
];

/** What an answer other than success means. */
export function serverError({ status, body }: HttpAnswer, { address, namespace }: CallSite): EngineError {
  const text = withoutEcho(body.toString());
  if (namespace !== undefined && (status === 404 || text.includes("DatasetNotFoundException"))) {
    return namespaceMissing(namespace, address);
  }
  if (status === 401 || status === 403) {
    return new EngineError("triplestore_unavailable", `the triplestore at ${address} refuses the credentials`, {
      details: { status, address },
    });
  }
  const reason = reasonIn(text);
  const [, code] = MEANINGS.find(([pattern]) => pattern.test(text)) ?? [null, null];
  if (code !== null) return new EngineError(code, reason, { details: { status } });
  return new EngineError("triplestore_unavailable", `the triplestore at ${address} answered ${status}: ${reason}`, {
    retryable: status >= 500,
    details: { status, address },
  });
}

export function namespaceMissing(namespace: string, address: string): EngineError {
  return new EngineError("namespace_not_found", `no namespace ${namespace} at ${address}`, { details: { namespace } });
}

/**
 * An error begins by repeating the request's text, which is the caller's and may be long. Of what follows a bounded
 * part is looked at.
 */
function withoutEcho(text: string): string {
  const trace = Math.max(0, text.indexOf(TRACE));
  const lines = text.slice(trace, trace + MAX_TRACE_CHARACTERS).split("\n");
  return lines.map((line) => line.slice(0, MAX_LINE_CHARACTERS)).join("\n");
}

const TRACE = "\njava.util.concurrent.ExecutionException";
const MAX_TRACE_CHARACTERS = 64_000;
const MAX_LINE_CHARACTERS = 1_000;

/** The innermost exception's own words, without its class and its trace. */
function reasonIn(text: string): string {
  const messages = [...text.matchAll(/[\w.$]+(?:Exception|Error): (?<message>[^\n]+)/gu)];
  const own = messages
    .map((match) => (match.groups?.["message"] ?? "").replace(/^(?:[\w.$]+(?:Exception|Error): )+/u, ""))
    .findLast((message) => message.trim() !== "");
  const reason = own ?? text.split("\n", 1)[0] ?? "";
  return reason.slice(0, MAX_MESSAGE_CHARACTERS);
}
