import { EngineError } from "../../core/errors.ts";
import { checkNamespaceName } from "../../core/load-scope.ts";
import type { NamespaceInfo, NamespaceKind } from "../../core/ports/triple-store.ts";
import type { Manifest } from "./manifest.ts";
import type { FoundNamespace, NamespaceDisk } from "./namespace-disk.ts";
import type { NamespaceServer } from "./namespace-server.ts";

/** A file that cannot be trusted. The store answers without what was in it. */
export interface StoreProblem {
  readonly namespace: string;
  readonly file: string;
  /** The load unit to load again; `null` where the whole namespace is unreadable. */
  readonly unit: string | null;
  readonly message: string;
}

/** The namespaces that there are, sound and damaged. Making and dropping one is for one caller at a time. */
export interface NamespaceRegistry {
  admit(found: FoundNamespace): void;
  /** Throws `namespace_not_found`, and `corrupt` where its manifest cannot be read. */
  serverOf(namespace: string): NamespaceServer;
  list(): readonly NamespaceInfo[];
  create(namespace: string, kind: NamespaceKind): Promise<"created" | "exists">;
  drop(namespace: string): Promise<boolean>;
  problems(): readonly StoreProblem[];
  close(reason: Error): Promise<void>;
}

export interface RegistryParams {
  readonly disk: NamespaceDisk;
  readonly openServer: (manifest: Manifest, onCorrupt: (name: string, reason: string) => void) => NamespaceServer;
  readonly onProblem: (problem: StoreProblem) => void;
}

export function namespaceRegistry({ disk, openServer, onProblem }: RegistryParams): NamespaceRegistry {
  const servers = new Map<string, NamespaceServer>();
  const damaged = new Map<string, StoreProblem>();

  const problemOf = ({ namespace, files }: Manifest, name: string, reason: string): StoreProblem => {
    const unit = files.find((file) => file.name === name)?.unit ?? "";
    const file = `${disk.folderOf(namespace)}/${name}`;
    const loss =
      unit === "" ? "what updates had put there is not served" : `the unit ${unit} is not served: load it again`;
    return { namespace, file, unit, message: `${file} is damaged (${reason}); ${loss}` };
  };
  const serve = (manifest: Manifest): void => {
    const server = openServer(manifest, (name, reason) => onProblem(problemOf(server.manifest, name, reason)));
    servers.set(manifest.namespace, server);
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

  return Object.freeze({
    serverOf,

    admit(found) {
      if (found.state === "sound") {
        serve(found.manifest);
        return;
      }
      const problem = manifestProblem(found);
      damaged.set(found.namespace, problem);
      onProblem(problem);
    },

    list: () =>
      [...servers.values()]
        .map(({ manifest }) => ({ namespace: manifest.namespace, kind: manifest.kind }))
        .sort((left, right) => (left.namespace < right.namespace ? -1 : 1)),

    async create(namespace, kind) {
      if (!servers.has(namespace) && !damaged.has(namespace)) {
        const manifest: Manifest = { version: 1, namespace, kind, generation: 0, files: [] };
        await disk.make(manifest);
        serve(manifest);
        return "created";
      }
      const found = serverOf(namespace).manifest.kind;
      if (found === kind) return "exists";
      throw new EngineError("namespace_kind", `the namespace ${namespace} exists, and is of ${found}, not ${kind}`, {
        details: { namespace, found, expected: kind },
      });
    },

    async drop(namespace) {
      const server = servers.get(namespace);
      if (server === undefined && !damaged.has(namespace)) return false;
      servers.delete(namespace);
      damaged.delete(namespace);
      await server?.close(new EngineError("namespace_not_found", `the namespace ${namespace} was dropped`));
      await disk.drop(namespace);
      return true;
    },

    problems: () => [
      ...damaged.values(),
      ...[...servers.values()].flatMap(({ manifest, corrupt }) =>
        [...corrupt].map(([name, reason]) => problemOf(manifest, name, reason)),
      ),
    ],

    async close(reason) {
      await Promise.all([...servers.values()].map((server) => server.close(reason)));
    },
  } satisfies NamespaceRegistry);
}

function manifestProblem(found: Extract<FoundNamespace, { state: "damaged" }>): StoreProblem {
  const { namespace, file, reason } = found;
  const message =
    `${file} is damaged (${reason}), so nothing of the namespace ${namespace} is served: ` +
    "restore it from a backup, or drop the namespace and load its units again";
  return { namespace, file, unit: null, message };
}
