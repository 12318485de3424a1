import { EngineError } from "../core/errors.ts";
import { checkLoadScope, checkNamespaceName } from "../core/load-scope.ts";
import type { Clock, IdSource } from "../core/ports/time.ts";
import type { NamespaceInfo, TripleStore } from "../core/ports/triple-store.ts";
import { answerQuery, runUpdate } from "./blazegraph-triple-store/evaluations.ts";
import { removeScope, replaceScope, spoolFolder, type LoadContext } from "./blazegraph-triple-store/loads.ts";
import { serverCalls } from "./blazegraph-triple-store/server-calls.ts";
import { keyedLock } from "./keyed-lock.ts";
import { preparer } from "./rdf-work/preparer.ts";
import { sparqlHttp } from "./sparql-http.ts";

export interface BlazegraphParams {
  /** As in `GLEANERIO_GRAPH_URL`: the address that ends in `/blazegraph`, without `/namespace` or `/sparql`. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /**
   * Loads are compared with what the server holds on this disk; they need about four times their size. One process at
   * a time may use it.
   */
  readonly spoolDirectory: string;
  readonly clock: Clock;
  readonly ids: IdSource;
}

export interface BlazegraphTripleStore extends TripleStore {
  /** Ends the thread that prepares loads, if there is one. */
  close(): Promise<void>;
}

/**
 * Blazegraph 2.1.4 over HTTP. Loads are pushed: no bucket has to be public, and the server fetches nothing. A query
 * without GRAPH sees the union of all graphs of a quads namespace, and so does the WHERE of an update. A namespace's name
 * has no dot. Numbers and dates are kept by value.
 */
export function blazegraphTripleStore(params: BlazegraphParams): BlazegraphTripleStore {
  const { url, username, password, clock, ids, spoolDirectory } = params;
  const calls = serverCalls(sparqlHttp({ url, username, password, clock }));
  const prepare = preparer(clock);
  const spool = spoolFolder(spoolDirectory, calls.address);
  const context: LoadContext = { calls, preparer: prepare, ids, spool };
  /** Loads of one namespace come one after the other: each is compared with what the one before has left. */
  const lock = keyedLock();

  return Object.freeze({
    description: `Blazegraph at ${calls.address}`,

    ping: (signal?: AbortSignal) => calls.ping(signal),

    async createNamespace({ namespace, kind, signal }) {
      checkNamespaceName(namespace);
      if (namespace.includes(".")) {
        throw new EngineError("invalid_request", `${namespace} cannot name a namespace: Blazegraph allows no dot`);
      }
      if (await calls.createNamespace(namespace, { kind, signal })) return "created";
      const found = await calls.kindOf(namespace, signal);
      if (found === kind) return "exists";
      throw new EngineError("namespace_kind", `the namespace ${namespace} exists, and is of ${found}, not ${kind}`, {
        details: { namespace, found, expected: kind },
      });
    },

    async dropNamespace(namespace, signal) {
      checkNamespaceName(namespace);
      return calls.dropNamespace(namespace, signal);
    },

    async listNamespaces(signal) {
      const infos: NamespaceInfo[] = [];
      for (const namespace of (await calls.namespaces(signal)).sort()) {
        infos.push({ namespace, kind: await calls.kindOf(namespace, signal) });
      }
      return infos;
    },

    async replace(target) {
      checkNamespaceName(target.namespace);
      checkLoadScope(target.scope);
      return lock(target.namespace, () => replaceScope(target, context));
    },

    async remove(target) {
      checkNamespaceName(target.namespace);
      checkLoadScope(target.scope);
      return lock(target.namespace, () => removeScope(target, context));
    },

    async query(target) {
      checkNamespaceName(target.namespace);
      return answerQuery(calls, target, ids);
    },

    async update(target) {
      checkNamespaceName(target.namespace);
      await runUpdate(calls, target, ids);
    },

    close: () => prepare.close(),
  } satisfies BlazegraphTripleStore);
}
