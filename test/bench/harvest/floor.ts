import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Piscina } from "piscina";
import { fetch } from "undici";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";
import { FETCHES, WORKERS, reportFigures } from "./bench-process.ts";
import type { BarePage, convertPages } from "./floor-task.ts";

/**
 * The bare loop: fetch, parse, convert in the same number of workers, write a file a document and one of all quads.
 * Documents are synced, as a store's must be that says it has them; more it does not do for them.
 */
const BATCH_PAGES = 16;
const [origin = ""] = process.argv.slice(2);

await using folder = await temporaryFolder();
const documents = join(folder.path, "documents");
await mkdir(documents);
const pool = new Piscina({
  filename: new URL("floor-task.ts", import.meta.url).href,
  minThreads: WORKERS,
  maxThreads: WORKERS,
});

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
      for (const { document, quads } of converted) {
        await writeFile(join(documents, `${written++}.jsonld`), document, { flush: true });
        await appendFile(join(folder.path, "release.nq"), quads);
      }
    }
  };
  await Promise.all(Array.from({ length: FETCHES }, lane));
  return written;
});
await pool.destroy();
