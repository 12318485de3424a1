import { EngineError, isEngineError } from "../core/errors.ts";
import { checkLoadScope, checkNamespaceName } from "../core/load-scope.ts";
import type { Clock, IdSource } from "../core/ports/time.ts";
import type { RemoveParams, ReplaceParams, TripleStore } from "../core/ports/triple-store.ts";
import { keyedLock } from "./keyed-lock.ts";
import { preparer } from "./rdf-work/preparer.ts";
import { answerQuery, checkUpdate } from "./oxigraph-triple-store/evaluations.ts";
import { OXIGRAPH_LIMITS, type OxigraphLimits } from "./oxigraph-triple-store/limits.ts";
import { replaceScope, type LoadOutcome } from "./oxigraph-triple-store/loads.ts";
import type { Manifest } from "./oxigraph-triple-store/manifest.ts";
import { namespaceDisk, type DiskStep, type FoundNamespace } from "./oxigraph-triple-store/namespace-disk.ts";
import { namespaceServer, type NamespaceServer } from "./oxigraph-triple-store/namespace-server.ts";
import { runUpdate } from "./oxigraph-triple-store/updates.ts";
import { workerSlots } from "./oxigraph-triple-store/worker-slots.ts";

export interface OxigraphParams {
  /** The store's own folder; made where it is missing. One process at a time may use it. */
  readonly directory: string;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly limits?: Partial<OxigraphLimits> | undefined;
  /** Told once of each file that failed its checksum, when it is read. */
  readonly onProblem?: ((problem: StoreProblem) => void) | undefined;
  /** For tests: called at each step of a change of the disk, and waited for. */
  readonly onStep?: ((step: DiskStep) => void | Promise<void>) | undefined;
}

/** A file that cannot be trusted. The store answers without what was in it. */
export interface StoreProblem {
  readonly namespace: string;
  readonly file: string;
  /** The load unit to load again; `null` where the whole namespace is unreadable. */
  readonly unit: string | null;
  readonly message: string;
}

export interface OxigraphTripleStore extends TripleStore {
  /** Files that were found damaged, until they are replaced. */
  problems(): readonly StoreProblem[];
  /** Ends all workers. What runs is canceled; what was answered is on disk. */
  close(): Promise<void>;
}

/**
 * The embedded triplestore: npm's Oxigraph, in memory on worker threads, over sorted and checksummed N-Quads on disk.
 *
 * A query without GRAPH and FROM sees the union of all graphs of a quads namespace as its default graph, as Blazegraph
 * has it. An update's WHERE does not (Oxigraph cannot): name the graph, or use USING. GRAPH in a triples namespace is
 * `sparql_syntax`, as there. An empty graph is not kept. Numbers and dates are kept by value, language tags in
 * lower case.
 *
 * Nothing is read at the start but the manifests; a namespace is loaded into memory by its first query, and dropped
 * from it when nobody asks any more. Loads need no copy in memory. `update` writes the whole namespace anew.
 */
export function oxigraphTripleStore(params: OxigraphParams): OxigraphTripleStore {
  const { directory, clock, ids } = params;
  const limits: OxigraphLimits = { ...OXIGRAPH_LIMITS, ...params.limits };
  const disk = namespaceDisk({ directory, ids, onStep: params.onStep ?? (() => undefined) });
  const slots = workerSlots(limits.workers);
  const prepare = preparer(clock);
  const lock = keyedLock();
  const closing = new AbortController();
  const servers = new Map<string, NamespaceServer>();
  const damaged = new Map<string, StoreProblem>();
  const running = new Set<Promise<unknown>>();

  const serve = (manifest: Manifest): void => {
    const { namespace } = manifest;
    const server = namespaceServer({
      clock,
      disk,
      slots,
      limits,
      manifest,
      onCorrupt: (name, reason) => params.onProblem?.(fileProblem(server.manifest, { name, reason, directory })),
    });
    servers.set(namespace, server);
  };
  const admit = (found: FoundNamespace): void => {
    if (found.state === "sound") {
      serve(found.manifest);
      return;
    }
    const problem = manifestProblem(found);
    damaged.set(found.namespace, problem);
    params.onProblem?.(problem);
  };
  const opened = disk.open().then((found) => found.forEach(admit));
  opened.catch(() => undefined);

  /** Waits until the store is open, and keeps `close` waiting until the work has ended. */
  const work = async <T>(task: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> => {
    const until = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
    until.throwIfAborted();
    const run = opened.then(
      () => task(until),
      (error: unknown) => {
        throw unavailable(directory, error);
      },
    );
    running.add(run);
    try {
      return await run;
    } catch (error) {
      if (closing.signal.aborted && isEngineError(error, "worker_crashed")) throw closing.signal.reason;
      throw error;
    } finally {
      running.delete(run);
    }
  };

  const serverOf = (namespace: string): NamespaceServer => {
    checkNamespaceName(namespace);
    const problem = damaged.get(namespace);
    if (problem !== undefined) throw new EngineError("corrupt", problem.message, { details: { ...problem } });
    const server = servers.get(namespace);
    if (server !== undefined) return server;
    throw new EngineError("namespace_not_found", `no namespace ${namespace} in the embedded triplestore`, {
      details: { namespace },
    });
  };

  /** Loads, removals and updates of one namespace come one after the other; who aborts in the line leaves at once. */
  const exclusively = <T>(namespace: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const leave = (): void => reject(signal.reason as Error);
      signal.addEventListener("abort", leave, { once: true });
      lock(namespace, async () => {
        signal.removeEventListener("abort", leave);
        signal.throwIfAborted();
        return task();
      }).then(resolve, reject);
    });

  const load = (target: ReplaceParams | RemoveParams): Promise<LoadOutcome> =>
    work(async (signal) => {
      const { namespace, scope } = target;
      checkLoadScope(scope);
      serverOf(namespace);
      const path = "body" in target ? await disk.spool(target.body, { mostBytes: limits.bodyBytes, signal }) : null;
      try {
        return await exclusively(namespace, signal, () => {
          const body = path === null || !("body" in target) ? null : { path, format: target.format };
          return replaceScope(serverOf(namespace), { scope, body, signal }, { disk, preparer: prepare, limits });
        });
      } finally {
        if (path !== null) await disk.removeTemporary(path);
      }
    }, target.signal);

  return Object.freeze({
    description: `embedded Oxigraph in ${directory}`,

    ping: (signal?: AbortSignal) => work(async () => undefined, signal),

    createNamespace: ({ namespace, kind, signal }) =>
      work(async (until) => {
        checkNamespaceName(namespace);
        return exclusively(namespace, until, async () => {
          if (!servers.has(namespace) && !damaged.has(namespace)) {
            const manifest: Manifest = { version: 1, namespace, kind, generation: 0, files: [] };
            await disk.make(manifest);
            serve(manifest);
            return "created" as const;
          }
          const found = serverOf(namespace).manifest.kind;
          if (found === kind) return "exists" as const;
          throw new EngineError(
            "namespace_kind",
            `the namespace ${namespace} exists, and is of ${found}, not ${kind}`,
            {
              details: { namespace, found, expected: kind },
            },
          );
        });
      }, signal),

    dropNamespace: (namespace, signal) =>
      work(async (until) => {
        checkNamespaceName(namespace);
        return exclusively(namespace, until, async () => {
          const server = servers.get(namespace);
          if (server === undefined && !damaged.has(namespace)) return false;
          servers.delete(namespace);
          damaged.delete(namespace);
          await server?.close(new EngineError("namespace_not_found", `the namespace ${namespace} was dropped`));
          await disk.drop(namespace);
          return true;
        });
      }, signal),

    listNamespaces: (signal) =>
      work(
        async () =>
          [...servers.values()]
            .map(({ manifest }) => ({ namespace: manifest.namespace, kind: manifest.kind }))
            .sort((left, right) => (left.namespace < right.namespace ? -1 : 1)),
        signal,
      ),

    async replace(target) {
      const { statements, change } = await load(target);
      return { statements, replaced: change.before, goneGraphs: change.gone, goneGraphCount: change.goneCount };
    },

    async remove(target) {
      const { change } = await load(target);
      return { statements: change.before, graphs: change.gone, graphCount: change.goneCount };
    },

    query: (target) =>
      work(
        async (signal) => answerQuery(serverOf(target.namespace), { ...target, signal }, { clock, limits }),
        target.signal,
      ),

    update: (target) =>
      work(async (signal) => {
        const { namespace } = target;
        checkUpdate(serverOf(namespace), target, limits);
        await exclusively(namespace, signal, () =>
          runUpdate(serverOf(namespace), { ...target, signal }, { disk, limits }),
        );
      }, target.signal),

    problems: () => [
      ...damaged.values(),
      ...[...servers.values()].flatMap(({ manifest, corrupt }) =>
        [...corrupt].map(([name, reason]) => fileProblem(manifest, { name, reason, directory })),
      ),
    ],

    async close() {
      closing.abort(new EngineError("canceled", "the embedded triplestore was closed"));
      await Promise.all([...servers.values()].map((server) => server.close(closing.signal.reason as Error)));
      await prepare.close();
      await Promise.allSettled(running);
    },
  } satisfies OxigraphTripleStore);
}

interface BadFile {
  readonly name: string;
  readonly reason: string;
  readonly directory: string;
}

function fileProblem({ namespace, files }: Manifest, { name, reason, directory }: BadFile): StoreProblem {
  const unit = files.find((file) => file.name === name)?.unit ?? "";
  const file = `${directory}/namespaces/${namespace}/${name}`;
  const loss =
    unit === "" ? "what updates had put there is not served" : `the unit ${unit} is not served: load it again`;
  return { namespace, file, unit, message: `${file} is damaged (${reason}); ${loss}` };
}

function manifestProblem(found: Extract<FoundNamespace, { state: "damaged" }>): StoreProblem {
  const { namespace, file, reason } = found;
  const message =
    `${file} is damaged (${reason}), so nothing of the namespace ${namespace} is served: ` +
    "restore it from a backup, or drop the namespace and load its units again";
  return { namespace, file, unit: null, message };
}

function unavailable(directory: string, cause: unknown): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EngineError(
    "triplestore_unavailable",
    `the embedded triplestore in ${directory} does not open: ${reason}`,
    {
      cause,
    },
  );
}
