import { openConfig } from "./config-map.ts";
import type { ConfigMap, MapItem, TextItem } from "./config-map.ts";
import { problemLog } from "./config-problem.ts";
import type { ConfigProblem, ProblemLog } from "./config-problem.ts";
import { partitionNameProblem, quoted } from "./partition-name.ts";
import type { ParseConfigParams } from "./sources-file.ts";

/** One community of `tenant.yaml`: a portal over a set of sources, with two namespaces of its own. */
export interface TenantConfig {
  /** The tenant's key. */
  readonly community: string;
  readonly hostname: string;
  /** For people. */
  readonly name: string;
  readonly description: string;
  readonly url: string;
  readonly logo: string;
  /** Quads. */
  readonly mainNamespace: string;
  /** Triples. */
  readonly summaryNamespace: string;
  /** The list holds the word `all`: every active source. */
  readonly allSources: boolean;
  /** Names in the list, without `all`, each once, in file order; known or not. */
  readonly sources: readonly string[];
}

/** `tenant.yaml`, read. Plain frozen data. */
export interface TenantFile {
  readonly file: string;
  /** In file order, communities unique. Undefined where the file tells nothing to go by: keep the last good ones. */
  readonly tenants: readonly TenantConfig[] | undefined;
  /** Communities, in file order. */
  readonly names: readonly string[];
  /** Communities that the file names but that an error keeps out: neither add nor retire them. */
  readonly unsettled: readonly string[];
  /** Where each tenant and each of its sources stands; kept out of `tenants` so that moving lines changes no data. */
  readonly lines: ReadonlyMap<string, TenantLines>;
  readonly problems: readonly ConfigProblem[];
}

export interface TenantLines {
  readonly line: number;
  readonly sources: ReadonlyMap<string, number>;
}

export const ALL_SOURCES = "all";

const EXPECTED = 'a "tenant:" list';

/** Reads the tenant file. Never throws on what a file can hold; a bad tenant is refused at its line, the others go on. */
export function parseTenantFile({ text, file }: ParseConfigParams): TenantFile {
  const problems = problemLog(file);
  const root = openConfig({ text, file, expected: EXPECTED, problems });
  const items = root === null ? null : tenantItems(root, problems);
  if (items === null) return outcome({ file, problems });
  const read: Entry[] = [];
  const refused: string[] = [];
  for (const item of items) {
    const entry = readTenant(item, problems);
    if (entry === null) continue;
    const first = read.find(({ tenant }) => tenant.community === entry.tenant.community);
    if (first !== undefined) {
      const where = `stands at lines ${first.line} and ${entry.line}`;
      problems.warning(entry.line, `the community ${quoted(entry.tenant.community)} ${where}: the first counts`);
    } else if (namespacesAreFit(entry, { read, problems })) read.push(entry);
    else refused.push(entry.tenant.community);
  }
  const usable = read.length > 0 || items.length === 0;
  return outcome({ file, problems, refused, ...(usable ? { read } : {}) });
}

/** Some files of the scheduler spell the key `tennant`, on which today's assets fail. */
function tenantItems(root: ConfigMap, problems: ProblemLog): readonly MapItem[] | null {
  const misspelt = root.isUnset("tenant") && !root.isUnset("tennant");
  const key = misspelt ? "tennant" : "tenant";
  if (misspelt) problems.warning(root.lineOf(key), '"tennant" is read as "tenant"; Dagster\'s assets know only that');
  const items = root.mapList(key);
  if (items === null) {
    const found = root.isUnset(key) ? "there are no tenants" : `"${key}" is not a list`;
    problems.error(root.lineOf(key), `${found}; expected ${EXPECTED} with one item ("- community: …") a tenant`);
  } else if (items.length === 0) problems.warning(root.lineOf(key), 'the list of tenants is empty ("tenant: []")');
  return items;
}

interface Entry {
  readonly tenant: TenantConfig;
  readonly line: number;
  readonly sources: ReadonlyMap<string, number>;
  readonly namespaceLine: number;
}

function readTenant({ map, line }: MapItem, problems: ProblemLog): Entry | null {
  if (map === null) {
    problems.error(line, 'this tenant is no mapping: left out; expected "community:", "graph:", "sources:"');
    return null;
  }
  const community = map.text("community");
  const communityLine = map.lineOf("community");
  if (community === "") {
    problems.error(communityLine, 'this tenant has no "community": left out; expected a name unique in the file');
    return null;
  }
  const problem = partitionNameProblem(community);
  if (problem !== null) {
    const expected = 'expected letters, digits, "_", "-" and "."';
    problems.error(communityLine, `the community ${quoted(community)} ${problem}: left out; ${expected}`);
    return null;
  }
  const graph = map.map("graph");
  const mainNamespace = graph?.text("main_namespace") ?? "";
  const sources = readSources(map, { community, problems });
  const tenant = Object.freeze({
    community,
    hostname: map.text("hostname"),
    name: map.text("name"),
    description: map.text("description"),
    url: map.text("url"),
    logo: map.text("logo"),
    mainNamespace,
    summaryNamespace: graph?.text("summary_namespace") || (mainNamespace === "" ? "" : `${mainNamespace}_summary`),
    allSources: sources.some(({ text }) => text === ALL_SOURCES),
    sources: Object.freeze(sources.map(({ text }) => text).filter((text) => text !== ALL_SOURCES)),
  });
  const namespaceLine = graph?.line ?? map.lineOf("graph");
  if (mainNamespace !== "" && graph?.text("summary_namespace") === "") {
    const message = `tenant ${community}: "graph.summary_namespace" is missing`;
    problems.warning(namespaceLine, `${message}: taken as ${quoted(tenant.summaryNamespace)}`);
  }
  const lines = new Map(sources.map((source) => [source.text, source.line]));
  return { tenant, line: communityLine, sources: lines, namespaceLine };
}

function readSources(map: ConfigMap, { community, problems }: { community: string; problems: ProblemLog }) {
  if (map.isUnset("sources")) {
    const message = `tenant ${community}: "sources" is missing or empty, so nothing is loaded for it`;
    problems.warning(map.lineOf("sources"), `${message}; expected a list of source names, or [all]`);
  }
  const found = new Map<string, TextItem>();
  for (const item of map.textList("sources")) {
    const first = found.get(item.text);
    if (first === undefined) found.set(item.text, item);
    else problems.warning(item.line, `tenant ${community}: ${quoted(item.text)} stands at line ${first.line} already`);
  }
  return [...found.values()];
}

/** Blazegraph puts the name into a path (`/namespace/<name>/sparql`), the embedded store into a file name. */
const NAMESPACE = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** A tenant whose two namespaces cannot both exist as what they are to be is refused. */
function namespacesAreFit(entry: Entry, { read, problems }: { read: readonly Entry[]; problems: ProblemLog }): boolean {
  const { community, mainNamespace: main, summaryNamespace: summary } = entry.tenant;
  const refuse = (reason: string): false => {
    problems.error(entry.namespaceLine, `tenant ${community}: ${reason}: this tenant stays as it was`);
    return false;
  };
  if (main === "") {
    const example = `${community} and ${community}_summary`;
    return refuse(`"graph.main_namespace" is missing; expected two names under "graph:", for instance ${example}`);
  }
  for (const name of [main, summary]) {
    if (!NAMESPACE.test(name)) {
      return refuse(`${quoted(name)} cannot name a namespace; expected letters, digits, "_", "-", "." (at most 128)`);
    }
  }
  if (main === summary) {
    return refuse(`${quoted(main)} is both namespaces; one holds quads and the other triples, so expected two names`);
  }
  for (const { tenant, line } of read) {
    const other = `tenant ${tenant.community} (line ${line})`;
    if (main === tenant.summaryNamespace) return refuse(`its main namespace is the summary namespace of ${other}`);
    if (summary === tenant.mainNamespace) return refuse(`its summary namespace is the main namespace of ${other}`);
    for (const name of [main, summary]) {
      if (name !== tenant.mainNamespace && name !== tenant.summaryNamespace) continue;
      const message = `tenant ${community} shares the namespace ${quoted(name)} with ${other}`;
      problems.warning(entry.namespaceLine, `${message}: each sees what the other loads`);
    }
  }
  return true;
}

interface OutcomeParams {
  readonly file: string;
  readonly problems: ProblemLog;
  readonly read?: readonly Entry[];
  readonly refused?: readonly string[];
}

function outcome({ file, problems, read, refused = [] }: OutcomeParams): TenantFile {
  const names = (read ?? []).map(({ tenant }) => tenant.community);
  return Object.freeze({
    file,
    tenants: read === undefined ? undefined : Object.freeze(read.map(({ tenant }) => tenant)),
    names: Object.freeze(names),
    unsettled: Object.freeze([...new Set(refused)].filter((name) => !names.includes(name))),
    lines: new Map((read ?? []).map(({ tenant, line, sources }) => [tenant.community, { line, sources }])),
    problems: problems.finish(),
  });
}
