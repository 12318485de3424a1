import { readFile, readdir } from "node:fs/promises";
import { EngineError } from "../../engine/operate.ts";

/** The demo's own files; the same place relative to this one in a clone and in the package. */
export const demoFolder = new URL("../../configs/demo/", import.meta.url);

/** A small web site: what `configs/demo/sites/<name>/site.json` says, and the documents beside it. */
export interface DemoSite {
  readonly name: string;
  readonly title: string;
  readonly feed: DemoFeed;
  readonly pages: readonly DemoPage[];
  readonly documents: ReadonlyMap<string, JsonLd>;
}

/** How the site tells what it holds; the source types of gleaner's configuration. */
export type DemoFeed =
  | { readonly type: "sitemap" | "robots" | "sitegraph" }
  | {
      readonly type: "index";
      readonly children: readonly { readonly file: string; readonly pages: readonly string[] }[];
    };

export interface DemoPage {
  /** Below the site, without `.html`. */
  readonly path: string;
  /** Names of documents, each a block of the page unless `form` says otherwise. */
  readonly documents: readonly string[];
  /** `array`: one block that holds them all. `gone`: answers 404. */
  readonly form?: "array" | "broken-block-first" | "gone";
  /** Default UTF-8. */
  readonly encoding?: "latin1";
}

export type JsonLd = Readonly<Record<string, unknown>>;

interface SiteFile {
  readonly title: string;
  readonly feed: DemoFeed;
  /** `each`: one page a document. */
  readonly pages: "each" | readonly DemoPage[];
}

/** Reads all sites, in the order of their names. Throws `internal` where a page names a document that is not there. */
export async function readDemoSites(folder: URL = new URL("sites/", demoFolder)): Promise<readonly DemoSite[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(names.toSorted().map((name) => readSite(name, new URL(`${name}/`, folder))));
}

async function readSite(name: string, folder: URL): Promise<DemoSite> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".json") && file !== "site.json").toSorted();
  const site = (await readJson(new URL("site.json", folder))) as SiteFile;
  const documents = new Map<string, JsonLd>();
  for (const file of files) {
    documents.set(file.slice(0, -".json".length), (await readJson(new URL(file, folder))) as JsonLd);
  }
  const pages =
    site.pages === "each" ? [...documents.keys()].map((path) => ({ path, documents: [path] })) : [...site.pages];
  for (const page of pages) {
    const missing = page.documents.find((document) => !documents.has(document));
    if (missing !== undefined) {
      throw new EngineError("internal", `demo site ${name}: page ${page.path} names ${missing}.json, which is missing`);
    }
  }
  return Object.freeze({ name, title: site.title, feed: site.feed, pages, documents });
}

async function readJson(file: URL): Promise<unknown> {
  return JSON.parse(await readFile(file, "utf8"));
}
