/**
 * One source of `gleanerconfig.yaml`, parsed, coerced and frozen: nothing checks it again later.
 * Field by field it is gleaner's `sources[]` (branch `dev_ec`), with units in the names.
 */
export interface SourceConfig {
  /** Unique in its file. One segment of an object key and of a graph URN: no slash, space, colon or control character. */
  readonly name: string;
  /** Trimmed; http or https. */
  readonly url: string;
  /** `sitemap` where the file says nothing, as gleaner does. */
  readonly sourceType: SourceType;
  /** False where the file says nothing, as gleaner does. */
  readonly active: boolean;
  readonly headless: boolean;
  /** Extra wait in the rendered page, seconds; below 0 means "never render". */
  readonly headlessWaitS: number;
  /** Pause between two fetches, milliseconds; 0 leaves it to `HarvestConfig.delayMs`. */
  readonly delayMs: number;
  /** Where `/robots.txt` lives; empty where unknown. */
  readonly domain: string;
  readonly pid: string;
  readonly properName: string;
  readonly logo: string;
  /** `identifiersha`, `identifierstring`, `normalizedjsonsha`; anything else means the file's own hash. */
  readonly identifierType: string;
  /** JSONPaths, separated by commas. */
  readonly identifierPath: string;
  /** 0 strict, 1 https, 2 http, 3 standardized https, 4 standardized http. */
  readonly fixContextOption: FixContextOption;
  readonly acceptContentType: string;
  readonly jsonProfile: string;
  /** 0 means: until the first answer that is not 200. */
  readonly apiPageLimit: number;
  readonly credentialsFile: string;
  /** The file's `other` map and every key that gleaner does not know (`backend`, `catalogue`, …), names in lower case. */
  readonly other: Readonly<Record<string, unknown>>;
}

export type SourceType = "sitemap" | "sitegraph" | "robots" | "api" | "googledrive" | (string & {});

export type FixContextOption = 0 | 1 | 2 | 3 | 4;

/** What `gleanerconfig.yaml` says for all of its sources. */
export interface HarvestConfig {
  /** Pages fetched at the same time, at least 1. */
  readonly threads: number;
  /** Pause between two fetches of a source, milliseconds; a source's own larger `delay` wins. */
  readonly delayMs: number;
  /** With a source's `fixContextOption` 0: no context is repaired. */
  readonly contextStrict: boolean;
  /** `minio.bucket` of the file: it enters the prov URNs only. Empty in the scheduler's files. */
  readonly bucketInYaml: string;
  readonly mill: boolean;
  readonly runId: string;
}
