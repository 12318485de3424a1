import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a path of a test site answers. */
export interface Route {
  /** Default 200. */
  readonly status?: number;
  /** Content-Type; none where absent. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Held back until this resolves. */
  readonly after?: Promise<unknown>;
  /** Takes the answer over. */
  readonly raw?: (response: ServerResponse) => void;
}

export interface SiteRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export type RouteSource = Route | string | ((request: SiteRequest) => Route);

/** A small web site on 127.0.0.1, on a port of its own; gone when it is disposed of. */
export interface Site extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** In the order in which they came. */
  readonly requests: readonly SiteRequest[];
  /** Paths asked for, in order. */
  paths(): readonly string[];
  /** Requests under way, now and at most. */
  readonly running: { readonly now: number; readonly most: number };
  set(path: string, route: RouteSource): void;
  remove(path: string): void;
}

/** `{{BASE}}` in the strings of a route stands for the site's origin. A path without its query stands in for one that is not there; else 404. */
export async function startSite(routes: Readonly<Record<string, RouteSource>> = {}): Promise<Site> {
  const table = new Map(Object.entries(routes));
  const requests: SiteRequest[] = [];
  const running = { now: 0, most: 0 };
  const server = createServer((request, response) => {
    running.now += 1;
    running.most = Math.max(running.most, running.now);
    response.once("close", () => (running.now -= 1));
    void answer(request, response);
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = { path: request.url ?? "", headers: request.headers };
    requests.push(seen);
    const found = table.get(seen.path) ??
      table.get(seen.path.replace(/\?.*$/, "")) ?? { status: 404, type: "text/plain", body: "not found" };
    const route = typeof found === "function" ? found(seen) : typeof found === "string" ? { body: found } : found;
    await route.after;
    if (route.raw !== undefined) return route.raw(response);
    const based = (text: string): string => text.replaceAll("{{BASE}}", origin);
    for (const [name, value] of Object.entries(route.headers ?? {})) response.setHeader(name, based(value));
    if (route.type !== undefined) response.setHeader("content-type", route.type);
    response.statusCode = route.status ?? 200;
    response.end(typeof route.body === "string" ? based(route.body) : route.body);
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    requests,
    paths: () => requests.map(({ path }) => path),
    running,
    set: (path, route) => void table.set(path, route),
    remove: (path) => void table.delete(path),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** A port of 127.0.0.1 where nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

const types: Readonly<Record<string, string>> = { html: "text/html", xml: "application/xml", txt: "text/plain" };

/** The site that the real tools were run on (`test/data/golden/site`), with the answers of its `routes.json`. */
export async function startGoldenSite(): Promise<Site> {
  const folder = new URL("../data/golden/site/", import.meta.url);
  const special = JSON.parse(readFileSync(new URL("routes.json", folder), "utf8")) as Record<string, Route>;
  const site = await startSite();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === "routes.json") continue;
    const file = `${entry.parentPath}/${entry.name}`;
    const path = `/${file.slice(decodeURIComponent(folder.pathname).length)}`;
    const body = readFileSync(file);
    const type = types[entry.name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
    site.set(path, { type, body: body.includes("{{BASE}}") ? body.toString("utf8") : body, ...special[path] });
  }
  return site;
}

export function urlset(...paths: readonly string[]): string {
  const urls = paths.map((path) => `<url><loc>${path.startsWith("/") ? `{{BASE}}${path}` : path}</loc></url>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${urls.join("\n")}\n</urlset>\n`;
}

export function sitemapIndex(...paths: readonly string[]): string {
  const maps = paths.map((path) => `<sitemap><loc>${path.startsWith("/") ? `{{BASE}}${path}` : path}</loc></sitemap>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${maps.join("\n")}\n</sitemapindex>\n`;
}

export function datasetPage(dataset: Readonly<Record<string, unknown>>): Route {
  const json = JSON.stringify({ "@context": { "@vocab": "https://schema.org/" }, "@type": "Dataset", ...dataset });
  return {
    type: "text/html",
    body: `<!doctype html><title>Dataset</title><script type="application/ld+json">${json}</script>`,
  };
}
