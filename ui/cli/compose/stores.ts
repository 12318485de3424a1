import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { IngestSettings } from "../../../assets/config/ingest-settings.ts";
import { filesystemObjectStore } from "../../../engine/adapters/filesystem-object-store.ts";
import { oxigraphTripleStore } from "../../../engine/adapters/oxigraph-triple-store.ts";
import type { Clock, ContainerHost, IdSource, ObjectStore, TripleStore } from "../../../engine/operate.ts";

/** The stores of one project, each embedded or the real thing, as its settings say. */
export interface Stores {
  readonly objects: ObjectStore;
  readonly triples: TripleStore;
  /** Where summaries go, where that is another server. */
  readonly summaryTriples: TripleStore | null;
  /** Where containers would run; null without `GLEANERIO_DOCKER_URL`. */
  readonly docker: ContainerHost | null;
  /** Opens what only the holder of the data directory's lock may: the rest opens with its first call. */
  open(): void;
  close(): Promise<void>;
}

export interface OpenStoresParams {
  readonly dataDir: string;
  readonly settings: IngestSettings;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Who only looks, without the lock of the data directory, changes nothing in it. */
  readonly readOnly: boolean;
  /** A file of the embedded triplestore that cannot be trusted. */
  readonly onProblem: (message: string) => void;
}

interface OpenedTriples {
  readonly triples: TripleStore;
  open(): void;
  close(): Promise<void>;
}

/** Adapters of services are imported where they are used: with none of them, a start is half as long. */
export async function openStores(params: OpenStoresParams): Promise<Stores> {
  const { url, summaryUrl } = params.settings.graph;
  const main = url === null ? embeddedTriples(params) : await remoteTriples(url, params);
  const summary = summaryUrl === null || summaryUrl === url ? null : await remoteTriples(summaryUrl, params);
  return {
    objects: await openObjects(params),
    triples: main.triples,
    summaryTriples: summary?.triples ?? null,
    docker: await openDocker(params.settings),
    open: () => main.open(),
    async close() {
      await main.close();
      await summary?.close();
    },
  };
}

async function openObjects({ dataDir, settings, clock, ids }: OpenStoresParams): Promise<ObjectStore> {
  const { objects } = settings;
  if (objects.kind === "folder") return filesystemObjectStore({ directory: join(dataDir, "objects"), clock, ids });
  const { minioObjectStore } = await import("../../../engine/adapters/minio-object-store.ts");
  return minioObjectStore({
    endPoint: objects.host,
    port: objects.port,
    useSsl: objects.useSsl,
    accessKey: objects.accessKey.reveal(),
    secretKey: objects.secretKey.reveal(),
  });
}

function embeddedTriples({ dataDir, readOnly, clock, ids, onProblem }: OpenStoresParams): OpenedTriples {
  const embedded = oxigraphTripleStore({
    directory: join(dataDir, "triples"),
    readOnly,
    clock,
    ids,
    onProblem: ({ namespace, message }) => onProblem(`triplestore ${namespace}: ${message}`),
  });
  return { triples: embedded, open: () => embedded.open(), close: async () => await embedded.close() };
}

/** What is loaded is sorted on disk first. */
const SPOOL_FOLDER = "spool";

async function remoteTriples(url: string, { dataDir, settings, clock, ids }: OpenStoresParams): Promise<OpenedTriples> {
  const { blazegraphTripleStore } = await import("../../../engine/adapters/blazegraph-triple-store.ts");
  const { login } = settings.graph;
  const spoolDirectory = join(dataDir, SPOOL_FOLDER);
  mkdirSync(spoolDirectory, { recursive: true, mode: 0o700 });
  const remote = blazegraphTripleStore({
    url,
    username: login?.username,
    password: login?.password.reveal(),
    clock,
    ids,
    spoolDirectory,
  });
  return { triples: remote, open: () => undefined, close: async () => await remote.close() };
}

async function openDocker({ containers }: IngestSettings): Promise<ContainerHost | null> {
  const { dockerUrl, portainerKey } = containers;
  if (dockerUrl === null) return null;
  const { dockerHost } = await import("../../../engine/adapters/docker-host.ts");
  return dockerHost({ url: dockerUrl, apiKey: portainerKey?.reveal() ?? null });
}
