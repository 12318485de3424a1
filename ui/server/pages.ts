import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { EngineError } from "../../engine/operate.ts";
import type { App, Reply, Request } from "./typed-app.ts";

const contentTypes: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

interface PageFile {
  readonly body: Buffer;
  readonly type: string;
  readonly etag: string;
}

/** Serves the browser's files, which hold no data, from memory. They need no login: the page asks for it. */
export function pageRoutes(app: App, { folder, projects }: { folder: URL; projects: readonly string[] }): void {
  const files = readFiles(folder);
  const page = (url: string, name: string): void => {
    app.get(url, { config: { role: "open" }, schema: { hide: true } }, (request, reply) =>
      sendFile(files.get(name), { request, reply }),
    );
  };
  page("/", "index.html");
  for (const project of projects) page(`/p/${encodeURIComponent(project)}/`, "index.html");
  page("/login", "login.html");
  page("/favicon.ico", "icon.svg");
  for (const name of files.keys()) page(`/web/${name}`, name);
}

function readFiles(folder: URL): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const name of readdirSync(folder)) {
    const type = contentTypes[name.slice(name.lastIndexOf(".") + 1)];
    if (type === undefined) continue;
    const body = readFileSync(new URL(name, folder));
    files.set(name, { body, type, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` });
  }
  return files;
}

/** With an ETag that is asked for each time: a page and its scripts are always of one version. */
function sendFile(file: PageFile | undefined, { request, reply }: { request: Request; reply: Reply }): Reply {
  if (file === undefined) throw new EngineError("internal", "a file of the page is missing from the installation");
  reply.header("ETag", file.etag).header("Cache-Control", "no-cache");
  if (request.headers["if-none-match"] === file.etag) return reply.code(304).send();
  return reply.type(file.type).send(file.body);
}
