import type { QueryAnswer, QueryParams, UpdateParams } from "../../core/ports/triple-store.ts";
import type { IdSource } from "../../core/ports/time.ts";
import { chooseAnswerType, contentTypeOf, type AnswerType } from "../../core/sparql-formats.ts";
import { hasBalancedBraces, iri, queryForm, refuseOutsideAccess } from "../../core/sparql-text.ts";
import { EngineError, isEngineError } from "../../core/errors.ts";
import { joinSurrogatesIn } from "../rdf-work/server-text.ts";
import { lateError } from "../sparql-http.ts";
import type { ServerCalls } from "./server-calls.ts";

/** Where a caller does not say; the same as the embedded triplestore's. */
const EVALUATION_MS = 30_000;
const ANSWER_BYTES = 64_000_000;

/** The server ends a query by itself; it is given this much longer to say so. */
const GRACE_MS = 2_000;

/** How long a cancellation is waited for. */
const CANCEL_MS = 5_000;

const FORM = "application/x-www-form-urlencoded; charset=UTF-8";

/** What Blazegraph 2.1.4 calls the types that it has its own names for. */
const SERVER_TYPES: Partial<Record<AnswerType, string>> = {
  "application/n-triples": "text/plain",
  "application/n-quads": "text/x-nquads",
  "application/trig": "application/x-trig",
};

export async function answerQuery(calls: ServerCalls, params: QueryParams, ids: IdSource): Promise<QueryAnswer> {
  const { namespace, query, defaultGraphs = [], namedGraphs = [], signal } = params;
  const form = queryForm(query);
  if (form === null) {
    throw new EngineError("sparql_syntax", "the query has none of SELECT, ASK, CONSTRUCT and DESCRIBE in its place");
  }
  refuseOutsideAccess(query);
  const type = chooseAnswerType(form, params.accept);
  const timeoutMs = params.timeoutMs ?? EVALUATION_MS;
  const fields = new URLSearchParams({ query, queryId: ids.uuid() });
  for (const graph of defaultGraphs) fields.append("default-graph-uri", iri(graph).slice(1, -1));
  for (const graph of namedGraphs) fields.append("named-graph-uri", iri(graph).slice(1, -1));
  const { body } = await cancelable(calls, { namespace, fields, timeoutMs }, () =>
    calls.sparql(namespace, {
      headers: {
        "Content-Type": FORM,
        Accept: SERVER_TYPES[type] ?? type,
        "X-BIGDATA-MAX-QUERY-MILLIS": String(timeoutMs),
      },
      body: fields.toString(),
      timeoutMs: timeoutMs + GRACE_MS,
      maxBytes: params.maxBytes ?? ANSWER_BYTES,
      signal,
    }),
  );
  return { contentType: contentTypeOf(type), body: repaired(type, body) };
}

export async function runUpdate(calls: ServerCalls, params: UpdateParams, ids: IdSource): Promise<void> {
  const { namespace, update, signal } = params;
  refuseOutsideAccess(update);
  // Blazegraph 2.1.4 reads on for ever where `INSERT DATA {` is never closed, and cannot be told to stop.
  if (!hasBalancedBraces(update)) throw new EngineError("sparql_syntax", "a { or } of the update has no partner");
  const timeoutMs = params.timeoutMs ?? EVALUATION_MS;
  const fields = new URLSearchParams({ update, queryId: ids.uuid() });
  await cancelable(calls, { namespace, fields, timeoutMs }, () =>
    calls.sparql(namespace, { headers: { "Content-Type": FORM }, body: fields.toString(), timeoutMs, signal }),
  );
}

interface Evaluation {
  readonly namespace: string;
  readonly fields: URLSearchParams;
  readonly timeoutMs: number;
}

/** Whoever stops waiting tells the server to stop working, which it would otherwise not notice. */
async function cancelable<T>(calls: ServerCalls, evaluation: Evaluation, work: () => Promise<T>): Promise<T> {
  const { namespace, fields, timeoutMs } = evaluation;
  try {
    return await work();
  } catch (error) {
    const isAnswer = isEngineError(error) && !isEngineError(error, "query_limit");
    if (!isAnswer) {
      const queryId = fields.get("queryId") ?? "";
      const cancel = calls.sparql(namespace, {
        query: `?cancelQuery&queryId=${encodeURIComponent(queryId)}`,
        timeoutMs: CANCEL_MS,
      });
      // A query that has ended meanwhile cannot be canceled; the first error is the one to tell.
      await cancel.catch(() => undefined);
    }
    const isLate = isEngineError(error, "query_limit") && error.details?.["limit"] === undefined;
    throw isLate ? lateError(timeoutMs) : error;
  }
}

/** Blazegraph writes characters beyond U+FFFF as two escapes, which N-Triples and N-Quads do not know. */
function repaired(type: AnswerType, body: Buffer): Buffer {
  if (type !== "application/n-triples" && type !== "application/n-quads") return body;
  return Buffer.from(joinSurrogatesIn(body.toString()));
}
