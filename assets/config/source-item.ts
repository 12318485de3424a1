import { isMapping } from "./config-map.ts";
import type { ConfigMap } from "./config-map.ts";
import type { ProblemLog } from "./config-problem.ts";
import { quoted } from "./partition-name.ts";
import type { FixContextOption, SourceConfig } from "../harvest/source-config.ts";

const sourceTypes = ["sitemap", "sitegraph", "robots", "api", "googledrive"];
const identifierTypes = new Set([
  "",
  "identifiersha",
  "identifierstring",
  "normalizedjsonsha",
  "jsonsha",
  "filesha",
  "sourceurl",
]);
const contextOptions = ["strict", "https", "http", "standardizedhttps", "standardizedhttp"];

const ownKeys = new Set([
  "name",
  "url",
  "sourcetype",
  "active",
  "headless",
  "headlesswait",
  "delay",
  "domain",
  "pid",
  "propername",
  "logo",
  "identifiertype",
  "identifierpath",
  "fixcontextoption",
  "acceptcontenttype",
  "jsonprofile",
  "apipagelimit",
  "credentialsfile",
  "other",
]);

const MAX_WAIT_S = 3_600;
const MAX_DELAY_MS = 3_600_000;
const MAX_PAGES = 1_000_000_000;
const MAX_URL_CHARS = 8_192;

/**
 * One item of `sources:`, whose name and `active` were read before. Defaults are what gleaner really takes (a missing
 * key is Go's zero), apart from the three that its `populateDefaults` fills in.
 */
export function readSource(item: ConfigMap, params: ReadSourceParams): SourceConfig {
  const { name, active, problems } = params;
  const sourceType = item.text("sourcetype", "sitemap");
  if (!sourceTypes.includes(sourceType)) {
    const expected = sourceTypes.join(", ");
    const found = quoted(sourceType);
    problems.warning(item.lineOf("sourcetype"), `source ${name}: unknown sourcetype ${found}; expected ${expected}`);
  }
  const identifierType = item.text("identifiertype");
  if (!identifierTypes.has(identifierType)) {
    problems.warning(
      item.lineOf("identifiertype"),
      `source ${name}: unknown identifiertype ${quoted(identifierType)}: documents are named by the SHA-1 of their ` +
        `text; expected identifiersha, identifierstring or normalizedjsonsha`,
    );
  }
  return Object.freeze({
    name,
    url: readUrl(item, { ...params, sourceType }),
    sourceType,
    active,
    headless: item.boolean("headless", false),
    headlessWaitS: item.integer("headlesswait", { fallback: 0, min: -MAX_WAIT_S, max: MAX_WAIT_S }),
    delayMs: item.integer("delay", { fallback: 0, min: 0, max: MAX_DELAY_MS }),
    domain: item.text("domain"),
    pid: item.text("pid"),
    properName: item.text("propername"),
    logo: item.text("logo"),
    identifierType,
    identifierPath: item.text("identifierpath"),
    fixContextOption: readContextOption(item, params),
    acceptContentType: item.text("acceptcontenttype", "application/ld+json, text/html"),
    jsonProfile: item.text("jsonprofile", "application/ld+json"),
    apiPageLimit: item.integer("apipagelimit", { fallback: 0, min: 0, max: MAX_PAGES }),
    credentialsFile: item.text("credentialsfile"),
    other: readOther(item, params),
  });
}

export interface ReadSourceParams {
  readonly name: string;
  readonly active: boolean;
  readonly problems: ProblemLog;
}

/**
 * A source without a usable URL stays one: its partition and history must outlive a slip of the pen, and
 * `validate_sitemap_url` fails it by itself. For an inactive source it matters less.
 */
function readUrl(item: ConfigMap, { name, active, problems, sourceType }: ReadSourceParams & { sourceType: string }) {
  const url = item.text("url");
  const line = item.lineOf("url");
  if (url === "" || !isWebUrl(url)) {
    const found = url === "" ? '"url" is missing' : '"url" is not a web address';
    problems[active ? "error" : "warning"](line, `source ${name}: ${found}; expected http://… or https://…`);
  } else if (sourceType === "api" && !url.includes("%d")) {
    problems.warning(line, `source ${name}: the url of an api needs a %d where the page number goes`);
  }
  return url;
}

function isWebUrl(text: string): boolean {
  if (text.length > MAX_URL_CHARS || !URL.canParse(text)) return false;
  return ["http:", "https:"].includes(new URL(text).protocol);
}

/** Gleaner takes the numbers 0 to 4; its own template and documents show the words, which it refuses. */
function readContextOption(item: ConfigMap, { name, problems }: ReadSourceParams): FixContextOption {
  const text = item.text("fixcontextoption", "0");
  const line = item.lineOf("fixcontextoption");
  const word = contextOptions.indexOf(text.toLowerCase());
  if (word >= 0) {
    problems.warning(
      line,
      `source ${name}: fixcontextoption ${quoted(text)} is read as ${word}; gleaner refuses words`,
    );
    return word as FixContextOption;
  }
  if (/^[0-4]$/.test(text)) return Number(text) as FixContextOption;
  problems.warning(
    line,
    `source ${name}: fixcontextoption ${quoted(text)} is read as 0; expected 0 (strict), 1 (https), 2 (http), ` +
      `3 (standardized https) or 4 (standardized http)`,
  );
  return 0;
}

function readOther(item: ConfigMap, { name, problems }: ReadSourceParams): Readonly<Record<string, unknown>> {
  const entries: [string, unknown][] = [];
  const other = item.value("other");
  if (isMapping(other)) {
    for (const [key, value] of Object.entries(other)) entries.push([key.toLowerCase(), value]);
  } else if (!item.isUnset("other")) {
    problems.warning(item.lineOf("other"), `source ${name}: "other" takes a mapping: left out`);
  }
  for (const key of item.keys) if (!ownKeys.has(key)) entries.push([key, item.value(key)]);
  return Object.freeze(Object.fromEntries(entries));
}
