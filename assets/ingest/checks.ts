import { decodeProductKey, defineAssetCheck, EngineError, type JsonObject, skip } from "../../engine/index.ts";
import { GRAPH_LIST_TIMEOUT_MS, graphCount } from "../reports/graph-ids.ts";
import { uploadRelease } from "./loads.ts";
import { releaseNabuRun } from "./release.ts";
import { tripleStore } from "./resources.ts";

/** A source that loses more than this share of its documents from one release to the next has most likely lost pages. */
const TOLERATED_LOSS = 0.5;

/** A release without any document needs no check: its step fails by itself. */
export const documentsKept = defineAssetCheck({
  name: "documents_kept",
  asset: releaseNabuRun,
  description: "Warns where a release has less than half of the documents of the one before",
  severity: "warn",
  run({ metadata, previous }) {
    const [now, before] = [countIn(metadata, "documents"), countIn(previous?.metadata ?? {}, "documents")];
    if (now === null || before === null) return skip("there is no earlier release to compare with");
    return {
      passed: before - now <= before * TOLERATED_LOSS,
      description: `${now} documents, ${before} in the release before`,
      metadata: { documents: now, before },
    };
  },
});

/** Asks the namespace itself, and compares with the release that was loaded, whatever was released since. */
export const documentsLoaded = defineAssetCheck({
  name: "documents_loaded",
  asset: uploadRelease,
  description: "Whether the tenant's namespace holds as many documents of the source as the release that was loaded",
  resources: { tripleStore },
  pool: "load",
  retry: { attempts: 3, backoff: "exponential", delayMs: 2000 },
  timeoutMs: 2 * GRAPH_LIST_TIMEOUT_MS,
  async run({ partition, metadata, resources, signal }) {
    const released = countIn(metadata, "releasedDocuments");
    const { namespace, orgName } = metadata;
    const [source] = decodeProductKey(partition.key) ?? [];
    if (released === null || typeof namespace !== "string" || typeof orgName !== "string") {
      return skip("the load did not tell how many documents the release has; load it again");
    }
    if (source === undefined)
      throw new EngineError("invalid_request", `${partition.key} is no pair of source and tenant`);
    const held = await graphCount({ tripleStore: resources.tripleStore, namespace, orgName, source, signal });
    return {
      passed: held === released,
      description: `${namespace} holds ${held} documents, the release has ${released}`,
      metadata: { held, released },
    };
  },
});

function countIn(metadata: JsonObject, name: string): number | null {
  const count = metadata[name];
  return typeof count === "number" ? count : null;
}
