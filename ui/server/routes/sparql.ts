import { chooseAnswerType, EngineError, isEngineError, queryForm, type TripleStore } from "../../../engine/operate.ts";
import { isSafeMethod } from "../access/same-origin.ts";
import { requireRole } from "../access/guard.ts";
import { HttpProblem } from "../problems.ts";
import { problems } from "../schemas/problems.ts";
import { json, MAX_NAME_CHARACTERS, record, text } from "../schemas/values.ts";
import type { ProjectScope } from "../server-options.ts";
import { actorOf, type App, type Reply, type Request } from "../typed-app.ts";
import { readSparqlRequest, type SparqlRequest } from "./sparql-request.ts";

/** Limits of one query; over them the answer is `query_limit`. */
export const SPARQL_TIMEOUT_MS = 30_000;
export const MAX_SPARQL_ANSWER_BYTES = 64_000_000;
const MAX_SPARQL_BODY_BYTES = 1024 * 1024;
/** Queries at the same time: of everybody, and of those who are not logged in. */
const MAX_QUERIES = 32;
const MAX_ANONYMOUS_QUERIES = 4;

interface SparqlScope extends ProjectScope {
  readonly triples: TripleStore;
}

/** The SPARQL 1.1 protocol (https://www.w3.org/TR/sparql11-protocol/) on the project's triplestore. */
export function sparqlRoutes(app: App, scope: SparqlScope): void {
  const role = scope.shared.sparqlPublic ? "open" : "viewer";
  const handle = sparqlHandler(scope);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ["application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"],
    { parseAs: "string" },
    (_request, body, done) => done(null, body),
  );
  const schema = {
    tags: ["sparql"],
    params: record({ namespace: { type: "string", minLength: 1, maxLength: MAX_NAME_CHARACTERS } }),
    response: { 200: { ...text, description: "the answer, as Accept asks" }, 204: { type: "null" }, ...problems },
  } as const;
  app.get(
    "/sparql/:namespace",
    {
      config: { role },
      schema: {
        ...schema,
        summary: "Query (query=, default-graph-uri=, named-graph-uri=)",
        querystring: {
          type: "object",
          properties: { query: text, "default-graph-uri": json, "named-graph-uri": json },
          additionalProperties: true,
        },
      },
    },
    handle,
  );
  app.post(
    "/sparql/:namespace",
    {
      config: { role },
      bodyLimit: MAX_SPARQL_BODY_BYTES,
      schema: {
        ...schema,
        summary: "Query or, for operators, update; as application/sparql-query, …-update or a form",
      },
    },
    handle,
  );
}

/** All after the first `?`, more of which a query may have. */
function searchOf(url: string): string {
  const at = url.indexOf("?");
  return at < 0 ? "" : url.slice(at + 1);
}

function sparqlHandler({ shared, triples }: SparqlScope): (request: Request, reply: Reply) => Promise<unknown> {
  let running = 0;
  let anonymous = 0;
  return async (request, reply) => {
    const { namespace } = request.params as { namespace: string };
    const asked = readSparqlRequest({
      method: isSafeMethod(request.method) ? "GET" : "POST",
      search: searchOf(request.raw.url ?? ""),
      contentType: request.headers["content-type"],
      body: typeof request.body === "string" ? request.body : "",
    });
    const isAnonymous = request.actor === null;
    if (running >= MAX_QUERIES || (isAnonymous && anonymous >= MAX_ANONYMOUS_QUERIES)) {
      throw new HttpProblem("unavailable", "too many queries run; try again soon", { headers: { "Retry-After": "2" } });
    }
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort(new EngineError("canceled", "the client went away")));
    running += 1;
    anonymous += isAnonymous ? 1 : 0;
    try {
      if (shared.sparqlPublic) reply.header("Access-Control-Allow-Origin", "*");
      if (asked.kind === "query")
        return await answerQuery({ triples, namespace, asked, request, reply, signal: gone.signal });
      requireRole(request, "operator");
      await triples.update({ namespace, update: asked.text, timeoutMs: SPARQL_TIMEOUT_MS, signal: gone.signal });
      await shared.access.audit({
        actor: actorOf(request),
        action: "sparql update",
        target: namespace,
        outcome: "done",
        details: { update: asked.text.slice(0, 300) },
      });
      return await reply.code(204).send();
    } finally {
      running -= 1;
      anonymous -= isAnonymous ? 1 : 0;
    }
  };
}

interface QueryAnswerParams {
  readonly triples: TripleStore;
  readonly namespace: string;
  readonly asked: SparqlRequest;
  readonly request: Request;
  readonly reply: Reply;
  readonly signal: AbortSignal;
}

async function answerQuery({ triples, namespace, asked, request, reply, signal }: QueryAnswerParams): Promise<Reply> {
  const answer = await triples.query({
    namespace,
    query: asked.text,
    accept: acceptable(asked.text, request.headers.accept),
    ...(asked.defaultGraphs.length > 0 ? { defaultGraphs: asked.defaultGraphs } : {}),
    ...(asked.namedGraphs.length > 0 ? { namedGraphs: asked.namedGraphs } : {}),
    timeoutMs: SPARQL_TIMEOUT_MS,
    maxBytes: MAX_SPARQL_ANSWER_BYTES,
    signal,
  });
  return await reply.header("Vary", "Accept").type(answer.contentType).send(answer.body);
}

/** The media type to ask the store for. Throws `not_acceptable`; leaves what is no query to the store's parser. */
function acceptable(query: string, accept: string | undefined): string | undefined {
  const form = queryForm(query);
  if (form === null) return accept;
  try {
    return chooseAnswerType(form, accept);
  } catch (error) {
    if (!isEngineError(error, "invalid_request")) throw error;
    throw new HttpProblem("not_acceptable", error.message, { details: error.details ?? {} });
  }
}
