import { isEngineError } from "../../engine/index.ts";
import type { NamespaceInfo, TripleStore } from "../../engine/index.ts";
import { graphIds } from "./graph-ids.ts";
import { compareWithSitemap, seconds } from "./load-report.ts";
import type { LoadReport, LoadReportParams } from "./load-report.ts";

/** `load_report_graph.json`: the S3 report, and what of the bucket is in the graph. */
export interface LoadReportGraph extends LoadReport {
  /** Seconds; the ids come with the S3 part's one pass, so 0. */
  readonly summon_list_s3_sha_time: number;
  /** Seconds. */
  readonly graph_sha_urn_time: number;
  /** Documents that every namespace asked holds. Null where none could be asked. */
  readonly graph_urn_count: number | null;
  readonly missing_summon_graph_count: number | null;
  /** Ids in key order that at least one namespace lacks; complete. */
  readonly missing_summon_graph: readonly string[];
  /** Why a namespace could not be asked; what it should hold counts as missing. */
  readonly graph_error?: string;
}

/** One namespace's part, for the materialization's metadata. */
export interface TenantGraphCount {
  /** Null for the namespace that `GLEANERIO_GRAPH_NAMESPACE` names. */
  readonly tenant: string | null;
  readonly namespace: string;
  readonly graphUrnCount: number;
  readonly missingSummonGraphCount: number;
}

export interface LoadReportGraphParams extends LoadReportParams {
  readonly tripleStore: TripleStore;
  readonly orgName: string;
  /** `GLEANERIO_GRAPH_NAMESPACE`: asked instead of the tenants' where it exists. */
  readonly namedNamespace: string | null;
  /** The source's tenants. */
  readonly tenants: readonly { readonly community: string; readonly mainNamespace: string }[];
  /** Where people find a namespace, for the report's `graph`; default the embedded endpoint's path. */
  readonly graphEndpoint?: ((namespace: string) => string) | undefined;
}

export interface LoadReportGraphOutcome {
  readonly report: LoadReportGraph;
  readonly tenants: readonly TenantGraphCount[];
}

/**
 * Throws what the store and the triplestore throw, apart from a namespace that is missing or holds triples: the report
 * then says so. Missing in any of the namespaces counts as missing.
 */
export async function loadReportGraph(params: LoadReportGraphParams): Promise<LoadReportGraphOutcome> {
  const { clock, graphEndpoint = (namespace: string) => `/sparql/${namespace}` } = params;
  const summoned = new Set<string>();
  const base = await compareWithSitemap(params, (id) => summoned.add(id));
  const startedAt = clock.monotonic();
  const existing = await params.tripleStore.listNamespaces(params.signal);
  const asked = namespacesOf(params, existing);
  const answers = new Map<string, ReadonlySet<string> | string>();
  for (const { namespace } of asked) {
    if (!answers.has(namespace)) answers.set(namespace, await idsOrReason(params, { namespace, existing }));
  }
  const held = [...answers.values()].map((answer) => (typeof answer === "string" ? new Set<string>() : answer));
  const [first = new Set<string>(), ...others] = held;
  const inAll = [...first].filter((id) => others.every((ids) => ids.has(id)));
  const isInAll = new Set(inAll);
  const missing = asked.length === 0 ? [] : [...summoned].filter((id) => !isInAll.has(id));
  const reasons = [...answers.values()].filter((answer) => typeof answer === "string");
  const error = asked.length === 0 ? "no namespace to ask: the source belongs to no tenant" : reasons.join("; ");
  const report: LoadReportGraph = {
    ...base,
    graph: asked.length === 0 ? null : [...answers.keys()].map(graphEndpoint).join(" "),
    summon_list_s3_sha_time: 0,
    graph_sha_urn_time: seconds(clock.monotonic() - startedAt),
    graph_urn_count: asked.length === 0 ? null : inAll.length,
    missing_summon_graph_count: asked.length === 0 ? null : missing.length,
    missing_summon_graph: missing,
    ...(error === "" ? {} : { graph_error: error }),
  };
  return { report, tenants: asked.map(({ tenant, namespace }) => countOf({ tenant, namespace, summoned, answers })) };
}

interface AskedNamespace {
  readonly tenant: string | null;
  readonly namespace: string;
}

type Existing = readonly NamespaceInfo[];

function namespacesOf(
  { namedNamespace, tenants }: LoadReportGraphParams,
  existing: Existing,
): readonly AskedNamespace[] {
  if (namedNamespace !== null && existing.some(({ namespace }) => namespace === namedNamespace)) {
    return [{ tenant: null, namespace: namedNamespace }];
  }
  return tenants.map(({ community, mainNamespace }) => ({ tenant: community, namespace: mainNamespace }));
}

/** The ids that the namespace holds, or why it cannot be asked. */
async function idsOrReason(
  { tripleStore, orgName, source, signal }: LoadReportGraphParams,
  { namespace, existing }: { namespace: string; existing: Existing },
): Promise<ReadonlySet<string> | string> {
  if (existing.some((info) => info.namespace === namespace && info.kind === "triples")) {
    return `the namespace ${namespace} holds triples, so it has no graphs to ask for`;
  }
  try {
    return await graphIds({ tripleStore, namespace, orgName, source: source.name, signal });
  } catch (error) {
    if (!isEngineError(error, "namespace_not_found")) throw error;
    return `there is no namespace ${namespace}`;
  }
}

interface CountParams extends AskedNamespace {
  readonly summoned: ReadonlySet<string>;
  readonly answers: ReadonlyMap<string, ReadonlySet<string> | string>;
}

function countOf({ tenant, namespace, summoned, answers }: CountParams): TenantGraphCount {
  const answer = answers.get(namespace);
  const ids = answer === undefined || typeof answer === "string" ? new Set<string>() : answer;
  const missing = [...summoned].filter((id) => !ids.has(id));
  return { tenant, namespace, graphUrnCount: ids.size, missingSummonGraphCount: missing.length };
}
