import type { HarvestConfig, SourceConfig } from "../../assets/harvest/source-config.ts";

/** A source as the golden configuration has them; give what matters to the test. */
export function sourceConfig(given: Partial<SourceConfig> & Pick<SourceConfig, "name" | "url">): SourceConfig {
  return Object.freeze({
    sourceType: "sitemap",
    active: true,
    headless: false,
    headlessWaitS: 0,
    delayMs: 0,
    domain: "",
    pid: `https://www.re3data.org/repository/${given.name}`,
    properName: `Demo ${given.name}`,
    logo: "",
    identifierType: "identifiersha",
    identifierPath: "",
    fixContextOption: 1,
    acceptContentType: "application/ld+json, text/html",
    jsonProfile: "application/ld+json",
    apiPageLimit: 0,
    credentialsFile: "",
    other: {},
    ...given,
  });
}

export function harvestConfig(given: Partial<HarvestConfig> = {}): HarvestConfig {
  return Object.freeze({
    threads: 5,
    delayMs: 0,
    contextStrict: false,
    bucketInYaml: "",
    mill: false,
    runId: "",
    ...given,
  });
}
