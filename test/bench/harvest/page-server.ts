import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A process of its own that serves a sitemap of generated pages on loopback, and says its port in its first line. */
const count = Number(process.argv[2]);
const server = createServer((request, response) => {
  const path = request.url ?? "";
  const page = /^\/pages\/(\d+)\.html$/.exec(path);
  if (path === "/sitemap.xml") {
    response.writeHead(200, { "content-type": "application/xml" }).end(sitemap());
  } else if (page !== null) {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(datasetPage(Number(page[1])));
  } else {
    response.writeHead(404, { "content-type": "text/plain" }).end("not found");
  }
}).listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;
const origin = `http://127.0.0.1:${port}`;
console.log(port);

function sitemap(): string {
  const urls = Array.from({ length: count }, (_, index) => `<url><loc>${origin}/pages/${index}.html</loc></url>`);
  return `<?xml version="1.0"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${urls.join("\n")}\n</urlset>\n`;
}

/** About 3 kB with nested nodes, as a facility's page of one dataset has them. */
function datasetPage(index: number): string {
  const year = 1980 + (index % 45);
  const dataset = {
    "@context": { "@vocab": "https://schema.org/" },
    "@id": `https://doi.org/10.5555/bench.${index}`,
    "@type": "Dataset",
    name: `Station ${index}: temperature and salinity profiles`,
    description: `Profiles that were taken at station ${index} in ${year}. `.repeat(8),
    url: `${origin}/pages/${index}.html`,
    identifier: {
      "@type": "PropertyValue",
      propertyID: "https://registry.identifiers.org/registry/doi",
      value: `doi:10.5555/bench.${index}`,
    },
    keywords: ["temperature", "salinity", `station-${index % 100}`],
    datePublished: `${year}-06-01`,
    creator: [1, 2].map((person) => ({ "@type": "Person", name: `Observer ${(index * person) % 977}` })),
    publisher: { "@type": "Organization", "@id": "https://example.org/facility", name: "Facility" },
    spatialCoverage: {
      "@type": "Place",
      geo: { "@type": "GeoCoordinates", latitude: (index % 180) - 90, longitude: (index % 360) - 180 },
    },
    distribution: {
      "@type": "DataDownload",
      contentUrl: `https://example.org/data/${index}.nc`,
      encodingFormat: "netcdf",
    },
    variableMeasured: ["temperature", "salinity"].map((name) => ({ "@type": "PropertyValue", name, unitText: "1" })),
  };
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Station ${index}</title>
<script type="application/ld+json">${JSON.stringify(dataset)}</script></head>
<body><h1>Station ${index}</h1>${"<p>Lorem ipsum dolor sit amet.</p>".repeat(30)}</body></html>`;
}
