import {
  type Clock,
  defineResource,
  EngineError,
  type IdSource,
  type ObjectStore,
  slackClient,
  type SlackClient,
  type TripleStore,
  type WorkerPool,
} from "../../engine/index.ts";
import type { IngestSettings } from "../config/ingest-settings.ts";
import { readSettings } from "../config/settings.ts";
import type { Fetcher } from "../harvest/fetcher.ts";

/** Bound by the deployment: a folder, MinIO or any S3. */
export const objectStore = defineResource<ObjectStore>({ key: "object_store" });
/** Bound by the deployment: the embedded Oxigraph, Blazegraph or any SPARQL 1.1 server. */
export const tripleStore = defineResource<TripleStore>({ key: "triple_store" });
/** Where summaries go; the same server unless the deployment binds another. */
export const summaryTripleStore = defineResource<TripleStore>({
  key: "summary_triple_store",
  open: ({ use }) => use(tripleStore),
});
export const workers = defineResource<WorkerPool>({ key: "workers" });
export const clock = defineResource<Clock>({ key: "clock" });
export const ids = defineResource<IdSource>({ key: "ids" });

/** The project's environment, read once. Throws `config` with every problem at once. */
export const settings = defineResource<IngestSettings>({
  key: "ingest_settings",
  open(context) {
    const report = readSettings(context.settings);
    const errors = report.problems.filter((problem) => problem.severity === "error");
    if (errors.length > 0) {
      const list = errors.map((problem) => `${problem.name}: ${problem.message}`).join("; ");
      throw new EngineError("config", `the environment cannot be used: ${list}`);
    }
    return report.settings;
  },
});

/** One for the process: it holds the politeness towards every host. */
export const fetcher = defineResource<Fetcher>({
  key: "fetcher",
  async open({ use }) {
    // Loaded with the first harvest: its HTTP client is a sixth of all that a start would read.
    const { createFetcher } = await import("../harvest/fetcher.ts");
    return createFetcher({ clock: await use(clock), ids: await use(ids) });
  },
  close: (value) => value.close(),
});

/** Where messages for people go. */
export const slack = defineResource<SlackClient>({ key: "slack", open: () => slackClient() });
