import { EngineError } from "../../core/errors.ts";
import type { QueryAnswer, QueryParams, UpdateParams } from "../../core/ports/triple-store.ts";
import type { Clock } from "../../core/ports/time.ts";
import { chooseAnswerType, contentTypeOf } from "../../core/sparql-formats.ts";
import { isIri, queryForm, refuseOutsideAccess, usesKeyword } from "../../core/sparql-text.ts";
import type { GraphSelection, QueryWork } from "../rdf-work/protocol.ts";
import type { OxigraphLimits } from "./limits.ts";
import type { NamespaceServer } from "./namespace-server.ts";

export interface EvaluationContext {
  readonly clock: Clock;
  readonly limits: OxigraphLimits;
}

/** Evaluates a query on a copy of the namespace, which is killed where it passes a limit. */
export async function answerQuery(
  server: NamespaceServer,
  params: QueryParams,
  { clock, limits }: EvaluationContext,
): Promise<QueryAnswer> {
  const { signal } = params;
  const work = queryWork(server, params, limits);
  const caller = leavingCaller(clock, limits.abandonedMs, signal);
  const job = server.request(
    (thread) =>
      thread.call("query", work, {
        timeoutMs: params.timeoutMs ?? limits.evaluationMs,
        memoryBytes: limits.evaluationBytes,
        signal: caller.gone,
      }),
    signal,
  );
  try {
    const { body } = await Promise.race([job, caller.left]);
    return { contentType: contentTypeOf(work.type), body: Buffer.from(body.buffer, body.byteOffset, body.byteLength) };
  } finally {
    // The job may go on for a moment without its caller; what becomes of it then concerns nobody.
    job.then(caller.finish, caller.finish);
  }
}

function queryWork(server: NamespaceServer, params: QueryParams, limits: OxigraphLimits): QueryWork {
  const { query } = params;
  checkText(query, limits);
  const form = queryForm(query);
  if (form === null) {
    throw new EngineError("sparql_syntax", "the query has none of SELECT, ASK, CONSTRUCT and DESCRIBE in its place");
  }
  refuseOutsideAccess(query);
  const { kind } = server.manifest;
  if (kind === "triples") refuseGraphs(query, ["graph"]);
  const graphs = graphSelection(params);
  return {
    query,
    type: chooseAnswerType(form, params.accept),
    graphs,
    unionDefault: kind === "quads" && graphs === null && !usesKeyword(query, ["from"]),
    maxBytes: params.maxBytes ?? limits.answerBytes,
  };
}

/** Refuses an update that cannot be, before anything waits for it. */
export function checkUpdate(server: NamespaceServer, params: UpdateParams, limits: OxigraphLimits): void {
  checkText(params.update, limits);
  refuseOutsideAccess(params.update);
  if (server.manifest.kind === "triples") refuseGraphs(params.update, ["graph", "with", "using"]);
}

function checkText(text: string, limits: OxigraphLimits): void {
  if (Buffer.byteLength(text) <= limits.textBytes) return;
  throw new EngineError("too_large", `the SPARQL text has more than ${limits.textBytes} bytes`, {
    details: { limit: "textBytes", textBytes: limits.textBytes },
  });
}

function refuseGraphs(text: string, words: readonly string[]): void {
  if (!usesKeyword(text, words)) return;
  throw new EngineError("sparql_syntax", "a triples namespace has no named graphs: leave GRAPH, WITH and USING out");
}

function graphSelection(params: QueryParams): GraphSelection | null {
  const { defaultGraphs = [], namedGraphs = [] } = params;
  if (defaultGraphs.length === 0 && namedGraphs.length === 0) return null;
  const bad = [...defaultGraphs, ...namedGraphs].find((graph) => !isIri(graph));
  if (bad === undefined) return { default: defaultGraphs, named: namedGraphs };
  throw new EngineError("invalid_request", `${JSON.stringify(bad.slice(0, 200))} is not an absolute IRI of a graph`);
}

/** A caller that aborts is answered at once, but its query is given a moment to end: killing it costs a copy. */
function leavingCaller(clock: Clock, graceMs: number, signal: AbortSignal | undefined) {
  const gone = new AbortController();
  const finished = new AbortController();
  const waitForEnd = async (): Promise<void> => {
    try {
      await clock.sleep(graceMs, finished.signal);
    } catch {
      return;
    }
    gone.abort(signal?.reason);
  };
  const left = new Promise<never>((_, reject) => {
    const leave = (): void => {
      reject(signal?.reason as Error);
      void waitForEnd();
    };
    signal?.addEventListener("abort", leave, { once: true, signal: finished.signal });
  });
  left.catch(() => undefined);
  return { gone: gone.signal, left, finish: () => finished.abort() };
}
