import { EngineError } from "../core/errors.ts";
import { checkLoadScope, checkNamespaceName } from "../core/load-scope.ts";
import type { Clock, IdSource } from "../core/ports/time.ts";
import type { RemoveParams, ReplaceParams, TripleStore } from "../core/ports/triple-store.ts";
import { answerQuery, checkUpdate } from "./oxigraph-triple-store/evaluations.ts";
import { OXIGRAPH_LIMITS, type OxigraphLimits } from "./oxigraph-triple-store/limits.ts";
import { replaceScope, type LoadOutcome } from "./oxigraph-triple-store/loads.ts";
import { namespaceDisk, type DiskStep } from "./oxigraph-triple-store/namespace-disk.ts";
import { namespaceRegistry, type StoreProblem } from "./oxigraph-triple-store/namespace-registry.ts";
import { namespaceServer } from "./oxigraph-triple-store/namespace-server.ts";
import { runUpdate } from "./oxigraph-triple-store/updates.ts";
import { workGate, type WorkGate } from "./oxigraph-triple-store/work-gate.ts";
import { workerSlots } from "./oxigraph-triple-store/worker-slots.ts";
import { preparer } from "./rdf-work/preparer.ts";

export interface OxigraphParams {
  /** The store's own folder; made where it is missing. One process at a time may change it. */
  readonly directory: string;
  /** Another process may be using the folder: nothing is made, swept or changed. Default false. */
  readonly readOnly?: boolean | undefined;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly limits?: Partial<OxigraphLimits> | undefined;
  /** Told once of each file that failed its checksum, when it is read. */
  readonly onProblem?: ((problem: StoreProblem) => void) | undefined;
  /** For tests: called at each step of a change of the disk, and waited for. */
  readonly onStep?: ((step: DiskStep) => void | Promise<void>) | undefined;
}

export interface OxigraphTripleStore extends TripleStore {
  /** Files that were found damaged, until they are replaced. */
  problems(): readonly StoreProblem[];
  /** Sweeps and reads the folder now, and not with the first call. */
  open(): void;
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
 * Nothing is read before it is opened, by `open` or the first call, and then but the manifests; a namespace is loaded into memory by its first query, and dropped
 * from it when nobody asks any more. Loads need no copy in memory. `update` writes the whole namespace anew.
 */
export function oxigraphTripleStore(params: OxigraphParams): OxigraphTripleStore {
  const { directory, clock, ids, readOnly = false, onStep = () => undefined, onProblem = () => undefined } = params;
  const limits: OxigraphLimits = { ...OXIGRAPH_LIMITS, ...params.limits };
  const disk = namespaceDisk({ directory, ids, onStep });
  const slots = workerSlots(limits.workers);
  const prepare = preparer(clock);
  const registry = namespaceRegistry({
    disk,
    onProblem,
    openServer: (manifest, onCorrupt) => namespaceServer({ clock, disk, slots, limits, manifest, onCorrupt }),
  });
  const open = async (): Promise<void> => {
    for (const found of await (readOnly ? disk.look() : disk.open())) registry.admit(found);
  };
  const gate = workGate({ directory, open });
  const change: WorkGate["run"] = async (task, signal) => {
    if (!readOnly) return await gate.run(task, signal);
    throw new EngineError("conflict", `the embedded triplestore in ${directory} is open for reading only`);
  };

  const load = (target: ReplaceParams | RemoveParams): Promise<LoadOutcome> =>
    change(async (signal) => {
      const { namespace, scope } = target;
      checkLoadScope(scope);
      registry.serverOf(namespace);
      const path = "body" in target ? await disk.spool(target.body, { mostBytes: limits.bodyBytes, signal }) : null;
      try {
        return await gate.exclusively(namespace, signal, () => {
          const body = path === null || !("body" in target) ? null : { path, format: target.format };
          const context = { disk, preparer: prepare, limits };
          return replaceScope(registry.serverOf(namespace), { scope, body, signal }, context);
        });
      } finally {
        await disk.removeTemporary(path === null ? [] : [path]);
      }
    }, target.signal);

  return Object.freeze({
    description: `embedded Oxigraph in ${directory}`,

    ping: (signal?: AbortSignal) => gate.run(async () => undefined, signal),

    createNamespace: ({ namespace, kind, signal }) =>
      change(async (until) => {
        checkNamespaceName(namespace);
        return gate.exclusively(namespace, until, () => registry.create(namespace, kind));
      }, signal),

    dropNamespace: (namespace, signal) =>
      change(async (until) => {
        checkNamespaceName(namespace);
        return gate.exclusively(namespace, until, () => registry.drop(namespace));
      }, signal),

    listNamespaces: (signal) => gate.run(async () => registry.list(), signal),

    async replace(target) {
      const { statements, change } = await load(target);
      return { statements, replaced: change.before, goneGraphs: change.gone, goneGraphCount: change.goneCount };
    },

    async remove(target) {
      const { change } = await load(target);
      return { statements: change.before, graphs: change.gone, graphCount: change.goneCount };
    },

    query: (target) =>
      gate.run(
        async (signal) => answerQuery(registry.serverOf(target.namespace), { ...target, signal }, { clock, limits }),
        target.signal,
      ),

    update: (target) =>
      change(async (signal) => {
        const { namespace } = target;
        checkUpdate(registry.serverOf(namespace), target, limits);
        await gate.exclusively(namespace, signal, () =>
          runUpdate(registry.serverOf(namespace), { ...target, signal }, { disk, limits }),
        );
      }, target.signal),

    problems: () => registry.problems(),

    open: () => gate.open(),

    close: () =>
      gate.close(async (reason) => {
        await registry.close(reason);
        await prepare.close();
      }),
  } satisfies OxigraphTripleStore);
}
