import { EngineError } from "../../../engine/operate.ts";
import { HttpProblem } from "../problems.ts";

/** A request of the SPARQL 1.1 protocol, whichever of its ways it came. */
export interface SparqlRequest {
  readonly kind: "query" | "update";
  readonly text: string;
  readonly defaultGraphs: readonly string[];
  readonly namedGraphs: readonly string[];
}

export interface SparqlRequestParams {
  readonly method: "GET" | "POST";
  /** What follows `?` in the address. */
  readonly search: string;
  readonly contentType: string | undefined;
  readonly body: string;
}

/** Throws `invalid_request` or `unsupported_media_type`, saying what is expected. */
export function readSparqlRequest({ method, search, contentType, body }: SparqlRequestParams): SparqlRequest {
  const address = new URLSearchParams(search);
  if (method === "GET") return fromParameters(address, { kinds: ["query"] });
  const mediaType = contentType?.split(";", 1)[0]?.trim().toLowerCase();
  switch (mediaType) {
    case "application/x-www-form-urlencoded":
      return fromParameters(new URLSearchParams(body), { kinds: ["query", "update"] });
    case "application/sparql-query":
      return { kind: "query", text: nonEmpty(body, "query"), ...graphsOf(address, "query") };
    case "application/sparql-update":
      return { kind: "update", text: nonEmpty(body, "update"), ...graphsOf(address, "update") };
    default:
      throw new HttpProblem(
        "unsupported_media_type",
        "POST a form with query= or update=, or a body of application/sparql-query or application/sparql-update",
      );
  }
}

type Kind = SparqlRequest["kind"];

function fromParameters(parameters: URLSearchParams, { kinds }: { kinds: readonly Kind[] }): SparqlRequest {
  const given = kinds.flatMap((kind) => parameters.getAll(kind).map((text) => ({ kind, text })));
  const [only, second] = given;
  if (only === undefined || second !== undefined) {
    const expected = kinds.map((kind) => `${kind}=`).join(" or ");
    throw new EngineError("invalid_request", `expected exactly one parameter ${expected}; found ${given.length}`);
  }
  return { kind: only.kind, text: nonEmpty(only.text, only.kind), ...graphsOf(parameters, only.kind) };
}

function graphsOf(parameters: URLSearchParams, kind: Kind): Pick<SparqlRequest, "defaultGraphs" | "namedGraphs"> {
  if (kind === "update") {
    for (const name of ["using-graph-uri", "using-named-graph-uri"]) {
      if (parameters.has(name))
        throw new EngineError("invalid_request", `${name} is not supported; write USING in the update`);
    }
    return { defaultGraphs: [], namedGraphs: [] };
  }
  return {
    defaultGraphs: parameters.getAll("default-graph-uri"),
    namedGraphs: parameters.getAll("named-graph-uri"),
  };
}

function nonEmpty(text: string, kind: Kind): string {
  if (text.trim() === "") throw new EngineError("invalid_request", `the ${kind} is empty`);
  return text;
}
