import jsonld from "jsonld";
import rdfCanonize from "rdf-canonize";

/** Pages, taken apart and converted with nothing around it: what no harvester can do without. */
export async function convertPages({ pages }: { readonly pages: readonly Uint8Array[] }): Promise<readonly BarePage[]> {
  const converted: BarePage[] = [];
  for (const page of pages) {
    const html = new TextDecoder().decode(page);
    const document = /<script type="application\/ld\+json">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? "";
    const dataset = await jsonld.toRDF(JSON.parse(document) as object);
    const quads = await rdfCanonize.canonize(dataset as never, {
      algorithm: "RDFC-1.0",
      format: "application/n-quads",
    });
    converted.push({ document, quads });
  }
  return converted;
}

export interface BarePage {
  readonly document: string;
  readonly quads: string;
}
