import { appendFile, mkdir, open, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Piscina } from "piscina";
import { fetch } from "undici";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";
import { FETCHES, WORKERS, reportFigures } from "./bench-process.ts";
import type { BarePage, convertPages } from "./floor-task.ts";

/**
 * The bare loop: fetch, parse, convert in the same number of workers, and keep what the harvester keeps, as durably: for
 * each page a document and where it came from, each a file that is whole or not there, and a line of metadata for both.
 * Content is synced before it takes its name, names and metadata once a batch. All quads go to one file, as a release.
 */
const BATCH_PAGES = 16;
const [origin = ""] = process.argv.slice(2);

await using folder = await temporaryFolder();
const documents = join(folder.path, "documents");
const origins = join(folder.path, "origins");
await mkdir(documents);
await mkdir(origins);
const pool = new Piscina({
  filename: new URL("floor-task.ts", import.meta.url).href,
  minThreads: WORKERS,
  maxThreads: WORKERS,
});

async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { flush: true });
  await rename(`${path}.new`, path);
}

async function syncFolder(path: string): Promise<void> {
  await using handle = await open(path, "r");
  await handle.sync();
}

await reportFigures(async () => {
  const sitemap = await (await fetch(`${origin}/sitemap.xml`)).text();
  const urls = [...sitemap.matchAll(/<loc>(.*?)<\/loc>/g)].map((found) => found[1] ?? "");
  const batches = Array.from({ length: Math.ceil(urls.length / BATCH_PAGES) }, (_, index) =>
    urls.slice(index * BATCH_PAGES, (index + 1) * BATCH_PAGES),
  );
  let written = 0;
  // A lane fetches one batch while the workers convert those of the others.
  const lane = async (): Promise<void> => {
    for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
      const pages: Uint8Array[] = [];
      for (const url of batch) pages.push(new Uint8Array(await (await fetch(url)).arrayBuffer()));
      const input: Parameters<typeof convertPages>[0] = { pages };
      const converted = (await pool.run(input, { name: "convertPages" })) as readonly BarePage[];
      const metadata: string[] = [];
      for (const [index, { document, quads }] of converted.entries()) {
        const name = `${written++}.jsonld`;
        const url = batch[index] ?? "";
        await writeWhole(join(documents, name), document);
        await writeWhole(join(origins, name), JSON.stringify({ "@id": url, "prov:generated": name }));
        metadata.push(`${JSON.stringify({ name, url })}\n`);
        await appendFile(join(folder.path, "release.nq"), quads);
      }
      await appendFile(join(folder.path, "metadata.jsonl"), metadata.join(""), { flush: true });
      await syncFolder(documents);
      await syncFolder(origins);
    }
  };
  await Promise.all(Array.from({ length: FETCHES }, lane));
  return written;
});
await pool.destroy();
