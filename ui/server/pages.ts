import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { EngineError } from "../../engine/operate.ts";
import { nothingAt, pathOf } from "./nothing-there.ts";
import type { App, Reply, Request } from "./typed-app.ts";

const contentTypes: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  md: "text/markdown; charset=utf-8",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};

/** The console's addresses; which page is shown is the browser's business (ui/web/app/routes.ts). */
const pagePaths = ["assets", "runs", "backfills", "partitions", "automation", "health", "design", "login"] as const;

interface PageFile {
  readonly body: Buffer;
  readonly type: string;
  readonly etag: string;
  /** Whether its name changes with its content. */
  readonly isHashed: boolean;
}

/** Below these, programs ask: they get JSON whatever they accept. */
const programPath = /^(\/p\/[^/]+)?\/(api|sparql)(\/|$)|^\/(web|metrics)(\/|$)/;

/**
 * Serves the built console, which holds no data, from memory. It needs no login: it asks for it. An address that nothing
 * is at answers a browser with the console too, which says so; the status stays 404.
 */
export function pageRoutes(app: App, { folder, projects }: { folder: URL; projects: readonly string[] }): void {
  const files = readFiles(folder);
  const serve = (url: string, name: string): void => {
    app.get(url, { config: { role: "open" }, schema: { hide: true } }, (request, reply) =>
      sendFile(files.get(name), { request, reply }),
    );
  };
  for (const base of ["", ...projects.map((project) => `/p/${encodeURIComponent(project)}`)]) {
    serve(`${base}/`, "index.html");
    for (const path of pagePaths) {
      serve(`${base}/${path}`, "index.html");
      serve(`${base}/${path}/:of`, "index.html");
    }
  }
  serve("/favicon.ico", "icon.svg");
  for (const name of files.keys()) serve(`/web/${name}`, name);
  const page = files.get("index.html");
  app.setNotFoundHandler((request, reply) => {
    if (page === undefined || !asksForPage(request)) throw nothingAt(request);
    return reply.code(404).header("Vary", "Accept").type(page.type).send(page.body);
  });
}

/** A browser that is sent somewhere, by a link or by its address bar. */
function asksForPage({ method, url, headers }: Request): boolean {
  const isRead = method === "GET" || method === "HEAD";
  return isRead && headers.accept?.includes("text/html") === true && !programPath.test(pathOf(url));
}

function readFiles(folder: URL): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const name of readdirSync(folder)) {
    const type = contentTypes[name.slice(name.lastIndexOf(".") + 1)];
    if (type === undefined) continue;
    const body = readFileSync(new URL(encodeURIComponent(name), folder));
    const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
    files.set(name, { body, type, etag, isHashed: /-[\w-]{8}\.\w+$/.test(name) });
  }
  if (!files.has("index.html")) throw new EngineError("config", `the console is not built in ${folder.pathname}`);
  return files;
}

/** A file named by its content is kept for ever; the page is asked for each time, so that it names scripts of its version. */
function sendFile(file: PageFile | undefined, { request, reply }: { request: Request; reply: Reply }): Reply {
  if (file === undefined) throw new EngineError("internal", "a file of the console is missing from the installation");
  reply.header("ETag", file.etag);
  reply.header("Cache-Control", file.isHashed ? "public, max-age=31536000, immutable" : "no-cache");
  if (request.headers["if-none-match"] === file.etag) return reply.code(304).send();
  return reply.type(file.type).send(file.body);
}
