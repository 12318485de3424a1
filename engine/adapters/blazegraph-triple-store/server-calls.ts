import { createReadStream, openAsBlob } from "node:fs";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { NamespaceKind } from "../../core/ports/triple-store.ts";
import type { HttpAnswer, HttpCall, SparqlHttp } from "../sparql-http.ts";
import { namespaceMissing, serverError } from "./server-errors.ts";

/** Blazegraph 2.1.4's REST API, as it was seen to behave (its own names in its own spelling). */
export interface ServerCalls {
  readonly address: string;
  ping(signal: AbortSignal | undefined): Promise<void>;
  /** False where a namespace of that name exists. */
  createNamespace(namespace: string, options: { readonly kind: NamespaceKind } & Options): Promise<boolean>;
  dropNamespace(namespace: string, signal: AbortSignal | undefined): Promise<boolean>;
  namespaces(signal: AbortSignal | undefined): Promise<string[]>;
  /** Throws `namespace_not_found`. */
  kindOf(namespace: string, signal: AbortSignal | undefined): Promise<NamespaceKind>;
  /** A call to a namespace's SPARQL endpoint; anything but 200 is thrown as what it means. */
  sparql(namespace: string, call: SparqlCall): Promise<HttpAnswer>;
  /** Removes and adds N-Quads in one transaction. The server spools both to its disk. */
  push(namespace: string, files: PushFiles): Promise<void>;
  /** Runs an update that is in a file, as one transaction. */
  runFile(namespace: string, file: { readonly path: string } & Options): Promise<void>;
}

interface Options {
  readonly signal: AbortSignal | undefined;
}

export interface SparqlCall extends Omit<HttpCall, "method" | "path"> {
  readonly query?: string;
}

export interface PushFiles extends Options {
  readonly removedPath: string;
  readonly addedPath: string;
}

const NQUADS = "text/x-nquads";

export function serverCalls(http: SparqlHttp): ServerCalls {
  const endpoint = (namespace: string): string => `/namespace/${encodeURIComponent(namespace)}`;

  const sparql = async (namespace: string, { query = "", ...call }: SparqlCall): Promise<HttpAnswer> => {
    const answer = await http.send({ ...call, method: "POST", path: `${endpoint(namespace)}/sparql${query}` });
    if (answer.status === 200) return answer;
    throw serverError(answer, { namespace, address: http.address });
  };
  const list = async (signal: AbortSignal | undefined): Promise<string[]> => {
    const path = "/namespace?describe-each-named-graph=false";
    const answer = await http.send({ method: "GET", path, headers: { Accept: "text/plain" }, signal });
    if (answer.status !== 200) throw serverError(answer, { address: http.address });
    const text = answer.body.toString();
    return [...text.matchAll(NAMESPACE_STATEMENT)].map((match) => match.groups?.["name"] ?? "");
  };

  return Object.freeze({
    address: http.address,
    ping: async (signal: AbortSignal | undefined) => void (await list(signal)),
    namespaces: list,
    sparql,

    async createNamespace(namespace, { kind, signal }) {
      const headers = { "Content-Type": "text/plain" };
      const body = namespaceProperties(namespace, kind);
      const answer = await http.send({ method: "POST", path: "/namespace", headers, body, signal });
      if (answer.status === 201) return true;
      if (answer.status === 409) return false;
      throw serverError(answer, { address: http.address });
    },

    async dropNamespace(namespace, signal) {
      const answer = await http.send({ method: "DELETE", path: endpoint(namespace), signal });
      if (answer.status === 200) return true;
      if (answer.status === 404) return false;
      throw serverError(answer, { address: http.address });
    },

    async kindOf(namespace, signal) {
      const headers = { Accept: "text/plain" };
      const answer = await http.send({ method: "GET", path: `${endpoint(namespace)}/properties`, headers, signal });
      if (answer.status === 404) throw namespaceMissing(namespace, http.address);
      if (answer.status !== 200) throw serverError(answer, { namespace, address: http.address });
      return QUADS_PROPERTY.test(answer.body.toString()) ? "quads" : "triples";
    },

    async push(namespace, { removedPath, addedPath, signal }) {
      const form = new FormData();
      form.set("remove", await openAsBlob(removedPath, { type: NQUADS }), "remove.nq");
      form.set("add", await openAsBlob(addedPath, { type: NQUADS }), "add.nq");
      // A Response encodes the form, reading the files as it is read itself.
      const encoded = new Response(form);
      await sparql(namespace, {
        query: "?updatePost",
        headers: { "Content-Type": encoded.headers.get("content-type") ?? "" },
        body: Readable.fromWeb(encoded.body as ReadableStream),
        signal,
      });
    },

    async runFile(namespace, { path, signal }) {
      await sparql(namespace, {
        headers: { "Content-Type": "application/sparql-update; charset=UTF-8" },
        body: createReadStream(path),
        signal,
      });
    },
  } satisfies ServerCalls);
}

const NAMESPACE_STATEMENT = /<http:\/\/www\.bigdata\.com\/rdf#\/features\/KB\/Namespace> "(?<name>[^"\\]*)"/gu;
const QUADS_PROPERTY = /^com\.bigdata\.rdf\.store\.AbstractTripleStore\.quads\s*[=:]\s*true\s*$/mu;

/** The least that makes a namespace of the kind: a quads namespace needs truth maintenance off, or it is a 500. */
function namespaceProperties(namespace: string, kind: NamespaceKind): string {
  return [
    `com.bigdata.rdf.sail.namespace=${namespace}`,
    `com.bigdata.rdf.store.AbstractTripleStore.quads=${kind === "quads"}`,
    "com.bigdata.rdf.store.AbstractTripleStore.axiomsClass=com.bigdata.rdf.axioms.NoAxioms",
    "com.bigdata.rdf.sail.truthMaintenance=false",
    "",
  ].join("\n");
}
