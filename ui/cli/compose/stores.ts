import { join } from "node:path";
import type { IngestSettings } from "../../../assets/config/ingest-settings.ts";
import { dockerHost } from "../../../engine/adapters/docker-host.ts";
import { filesystemObjectStore } from "../../../engine/adapters/filesystem-object-store.ts";
import { minioObjectStore } from "../../../engine/adapters/minio-object-store.ts";
import { oxigraphTripleStore } from "../../../engine/adapters/oxigraph-triple-store.ts";
import {
  type Clock,
  type ContainerHost,
  EngineError,
  type IdSource,
  type ObjectStore,
  type TripleStore,
} from "../../../engine/operate.ts";

/** The stores of one project, each embedded or the real thing, as its settings say. */
export interface Stores {
  readonly objects: ObjectStore;
  readonly triples: TripleStore;
  /** Where summaries go, where that is another server. */
  readonly summaryTriples: TripleStore | null;
  /** Where containers would run; null without `GLEANERIO_DOCKER_URL`. */
  readonly docker: ContainerHost | null;
  close(): Promise<void>;
}

export interface OpenStoresParams {
  readonly dataDir: string;
  readonly settings: IngestSettings;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** A file of the embedded triplestore that cannot be trusted. */
  readonly onProblem: (message: string) => void;
}

export function openStores(params: OpenStoresParams): Stores {
  const { settings } = params;
  const opened = openTriples(params);
  const { url, summaryUrl } = settings.graph;
  return {
    objects: openObjects(params),
    triples: opened.triples,
    summaryTriples: summaryUrl === null || summaryUrl === url ? null : remoteTriples(summaryUrl, params),
    docker: openDocker(settings),
    close: async () => await opened.close(),
  };
}

function openDocker({ containers }: IngestSettings): ContainerHost | null {
  const { dockerUrl, portainerKey } = containers;
  return dockerUrl === null ? null : dockerHost({ url: dockerUrl, apiKey: portainerKey?.reveal() ?? null });
}

function openObjects({ dataDir, settings, clock, ids }: OpenStoresParams): ObjectStore {
  const { objects } = settings;
  if (objects.kind === "folder") return filesystemObjectStore({ directory: join(dataDir, "objects"), clock, ids });
  return minioObjectStore({
    endPoint: objects.host,
    port: objects.port,
    useSsl: objects.useSsl,
    accessKey: objects.accessKey.reveal(),
    secretKey: objects.secretKey.reveal(),
  });
}

function openTriples(params: OpenStoresParams): { readonly triples: TripleStore; close(): Promise<void> } {
  const { dataDir, settings, clock, ids, onProblem } = params;
  if (settings.graph.url !== null) return { triples: remoteTriples(settings.graph.url, params), close: async () => {} };
  const embedded = oxigraphTripleStore({
    directory: join(dataDir, "triples"),
    clock,
    ids,
    onProblem: ({ namespace, message }) => onProblem(`triplestore ${namespace}: ${message}`),
  });
  return { triples: embedded, close: async () => await embedded.close() };
}

function remoteTriples(url: string, _params: OpenStoresParams): TripleStore {
  throw new EngineError("config", `GLEANERIO_GRAPH_URL is ${url}`);
}
