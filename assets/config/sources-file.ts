import { openConfig } from "./config-map.ts";
import type { ConfigMap, MapItem } from "./config-map.ts";
import { problemLog } from "./config-problem.ts";
import type { ConfigProblem, ProblemLog } from "./config-problem.ts";
import { partitionNameProblem, quoted } from "./partition-name.ts";
import { readSource } from "./source-item.ts";
import type { HarvestConfig, SourceConfig } from "../harvest/source-config.ts";

/** `gleanerconfig.yaml`, read. Plain frozen data: it can cross to and from a worker. */
export interface SourcesFile {
  /** In file order, names unique. Undefined where the file tells nothing to go by: keep the last good ones. */
  readonly sources: readonly SourceConfig[] | undefined;
  /** Names of the active sources, in file order. Empty where `sources` is undefined. */
  readonly active: readonly string[];
  /** Named by the file, but whether they are active cannot be read: neither add nor retire them. */
  readonly unsettled: readonly string[];
  /** Defaults where the file cannot be read. */
  readonly harvest: HarvestConfig;
  readonly problems: readonly ConfigProblem[];
}

export interface ParseConfigParams {
  /** Bytes have to be UTF-8. */
  readonly text: string | Uint8Array;
  /** The name that problems carry. */
  readonly file: string;
}

const DEFAULT_THREADS = 5;
const MAX_THREADS = 1_000;
const MAX_DELAY_MS = 3_600_000;

const defaultHarvest: HarvestConfig = Object.freeze({
  threads: DEFAULT_THREADS,
  delayMs: 0,
  contextStrict: false,
  bucketInYaml: "",
  mill: false,
  runId: "",
});

/**
 * Reads the sources file. Never throws on what a file can hold; a bad source is refused with an error at its line and
 * every good one goes on.
 *
 * A repeated name: gleaner runs every entry of that name, Dagster's assets take a name as active when any entry is,
 * and read the rest from the first. Here one entry counts: the first active one, else the first.
 */
export function parseSourcesFile({ text, file }: ParseConfigParams): SourcesFile {
  const problems = problemLog(file);
  const root = openConfig({ text, file, expected: 'a "sources:" list', problems });
  if (root === null) return outcome({ problems });
  const harvest = readHarvest(root, problems);
  const items = root.mapList("sources");
  if (items === null) {
    const found = root.isUnset("sources") ? "there are no sources" : '"sources" is not a list';
    problems.error(root.lineOf("sources"), `${found}; expected "sources:" with one item ("- name: …") a source`);
    return outcome({ problems, harvest });
  }
  if (items.length === 0) problems.warning(root.lineOf("sources"), 'the list of sources is empty ("sources: []")');
  const entries = items.flatMap((item) => readEntry(item, problems) ?? []);
  warnOfActive(entries, problems);
  const counted = withoutRepeats(entries, problems);
  const sources = counted.flatMap(({ name, active, map }) => {
    return active === "unreadable" ? [] : [readSource(map, { name, active: active === true, problems })];
  });
  const unsettled = counted.filter(({ active }) => active === "unreadable").map(({ name }) => name);
  // A file in which nothing can be read drops nothing either.
  const usable = sources.length > 0 || items.length === 0;
  return outcome({ problems, harvest, unsettled, ...(usable ? { sources } : {}) });
}

interface Entry {
  readonly name: string;
  readonly line: number;
  readonly active: boolean | "missing" | "unreadable";
  /** `active` is text, in quotes. */
  readonly activeIsText: boolean;
  readonly map: ConfigMap;
}

/** Null, with an error told, where the item cannot be a source. */
function readEntry({ map, line }: MapItem, problems: ProblemLog): Entry | null {
  if (map === null) {
    problems.error(line, 'this item of "sources" is no mapping: left out; expected "name:", "url:" and so on');
    return null;
  }
  const name = map.text("name");
  const nameLine = map.lineOf("name");
  if (name === "") {
    problems.error(nameLine, 'this source has no "name": left out; expected a name that is unique in the file');
    return null;
  }
  // It is the tenant file's word for every source, and `reports/all/` is where the reports over all of them go.
  const problem = name === "all" ? 'is the word for "every source"' : partitionNameProblem(name);
  if (problem !== null) {
    const expected = 'expected letters, digits, "_", "-" and "."';
    problems.error(nameLine, `the name ${quoted(name)} ${problem}: this source is left out; ${expected}`);
    return null;
  }
  if (name.includes(".")) {
    const kept = quoted(`${name.slice(0, name.lastIndexOf("."))}_release.nq`);
    problems.warning(nameLine, `the name ${quoted(name)} holds a dot: fine here, but nabu's image writes ${kept}`);
  }
  return { name, line: nameLine, active: readActive(map, problems), activeIsText: isText(map, "active"), map };
}

function isText(map: ConfigMap, key: string): boolean {
  return typeof map.value(key) === "string" && map.value(key) !== "";
}

function readActive(map: ConfigMap, problems: ProblemLog): Entry["active"] {
  if (map.isUnset("active") || map.value("active") === "") return "missing";
  const active = map.booleanOrNull("active");
  if (active !== null) return active;
  const message = `source ${map.text("name")}: "active" takes true or false: this source stays as it was`;
  problems.error(map.lineOf("active"), message);
  return "unreadable";
}

/** One warning a file each: files leave `active` out, or quote it, for every source or for none. */
function warnOfActive(entries: readonly Entry[], problems: ProblemLog): void {
  const missing = entries.filter(({ active }) => active === "missing");
  if (missing[0] !== undefined) {
    const names = namesOf(missing);
    const message = `${missing.length} of ${entries.length} sources have no "active" and count as inactive (${names})`;
    problems.warning(missing[0].line, `${message}; write "active: true" for those to be harvested`);
  }
  const quotedOnes = entries.filter(({ active, activeIsText }) => activeIsText && active !== "unreadable");
  if (quotedOnes[0] !== undefined) {
    const message = `${quotedOnes.length} of ${entries.length} sources have "active" as text (${namesOf(quotedOnes)})`;
    problems.warning(quotedOnes[0].map.lineOf("active"), `${message}; write true or false, without quotes`);
  }
}

function namesOf(entries: readonly Entry[]): string {
  const shown = entries.slice(0, 3).map(({ name }) => name);
  return entries.length > shown.length ? `${shown.join(", ")}, …` : shown.join(", ");
}

function withoutRepeats(entries: readonly Entry[], problems: ProblemLog): readonly Entry[] {
  const byName = Map.groupBy(entries, ({ name }) => name);
  return [...byName.values()].flatMap((same) => {
    const counts = same.find(({ active }) => active === true) ?? same[0];
    if (counts === undefined) return [];
    for (const other of same) {
      if (other === counts) continue;
      const message = `the name ${quoted(other.name)} stands at lines ${same.map(({ line }) => line).join(" and ")}`;
      problems.warning(other.line, `${message}: the entry at line ${counts.line} counts, this one is left out`);
    }
    return [counts];
  });
}

function readHarvest(root: ConfigMap, problems: ProblemLog): HarvestConfig {
  const summoner = root.map("summoner");
  if (summoner?.text("headless").endsWith("/") === true) {
    problems.warning(summoner.lineOf("headless"), '"headless" ends in a slash, on which gleaner panics: take it off');
  }
  const gleaner = root.map("gleaner");
  return Object.freeze({
    threads: summoner?.integer("threads", { fallback: DEFAULT_THREADS, min: 1, max: MAX_THREADS }) ?? DEFAULT_THREADS,
    delayMs: summoner?.integer("delay", { fallback: 0, min: 0, max: MAX_DELAY_MS }) ?? 0,
    contextStrict: root.map("context")?.boolean("strict", false) ?? false,
    bucketInYaml: root.map("minio")?.text("bucket") ?? "",
    mill: gleaner?.boolean("mill", false) ?? false,
    runId: gleaner?.text("runid") ?? "",
  });
}

interface OutcomeParams {
  readonly problems: ProblemLog;
  readonly harvest?: HarvestConfig;
  readonly sources?: readonly SourceConfig[];
  readonly unsettled?: readonly string[];
}

function outcome({ problems, harvest = defaultHarvest, sources, unsettled = [] }: OutcomeParams): SourcesFile {
  return Object.freeze({
    sources: sources === undefined ? undefined : Object.freeze([...sources]),
    active: Object.freeze((sources ?? []).filter(({ active }) => active).map(({ name }) => name)),
    unsettled: Object.freeze([...unsettled]),
    harvest,
    problems: problems.finish(),
  });
}
