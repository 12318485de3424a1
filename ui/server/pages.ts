import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
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

interface Encoded {
  readonly body: Buffer;
  readonly etag: string;
}

interface PageFile {
  readonly type: string;
  /** Its bytes and their tag as they are, and compressed at the first request for that. */
  readonly plain: Encoded;
  readonly gzipped: () => Promise<Encoded>;
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
    return reply.code(404).header("Vary", "Accept").type(page.type).send(page.plain.body);
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
    const hash = createHash("sha256").update(body).digest("base64url").slice(0, 22);
    files.set(name, {
      type,
      plain: { body, etag: `"${hash}"` },
      gzipped: once(async () => ({ body: await compress(body), etag: `"${hash}-gzip"` })),
      isHashed: /-[\w-]{8}\.\w+$/.test(name),
    });
  }
  if (!files.has("index.html")) throw new EngineError("config", `the console is not built in ${folder.pathname}`);
  return files;
}

const compress = promisify(gzip);

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}

/** Fonts are compressed already. */
const isText = ({ type }: PageFile): boolean => !type.startsWith("font/");

/** Whether a client takes gzip: it says so, and not with a weight of none (RFC 9110, 12.5.3). */
function takesGzip({ headers }: Request): boolean {
  const wish = headers["accept-encoding"] ?? "";
  return /(^|,)\s*gzip\s*(;\s*q=(1|0\.0*[1-9])[\d.]*\s*)?(,|$)/.test(wish);
}

/** A file named by its content is kept for ever; the page is asked for each time, so that it names scripts of its version. */
async function sendFile(file: PageFile | undefined, { request, reply }: { request: Request; reply: Reply }) {
  if (file === undefined) throw new EngineError("internal", "a file of the console is missing from the installation");
  const isGzipped = isText(file) && takesGzip(request);
  const { body, etag } = isGzipped ? await file.gzipped() : file.plain;
  reply.header("ETag", etag).header("Vary", "Accept-Encoding");
  reply.header("Cache-Control", file.isHashed ? "public, max-age=31536000, immutable" : "no-cache");
  if (request.headers["if-none-match"] === etag) return await reply.code(304).send();
  if (isGzipped) reply.header("Content-Encoding", "gzip");
  return await reply.type(file.type).send(body);
}
