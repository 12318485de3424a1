import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { EngineError, http, type IdSource } from "../../engine/operate.ts";
import { escape, html, siteAnswers, text, type DemoAnswer } from "./demo-pages.ts";
import { readDemoSites, type DemoSite } from "./demo-sites.ts";
import { MAX_FORMER_PORTS, readDemoState, writeDemoState, type DemoState } from "./demo-state.ts";
import { SWITCH_PATH, demoSwitchBoard, type DemoSwitch } from "./demo-switches.ts";

/** The demo's web sites, as they are served now. */
export interface Demo {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly port: number;
  /** Ports of former starts, newest first. */
  readonly formerPorts: readonly number[];
  /** Where the kept port was taken: it, else null. */
  readonly movedFrom: number | null;
  setSwitch(name: DemoSwitch, failing: boolean): void;
  close(): Promise<void>;
}

export interface StartDemoParams {
  readonly dataDir: string;
  readonly ids: Pick<IdSource, "random">;
}

const HOST = "127.0.0.1";
/** Below the ports that Linux, macOS and Windows hand out for outgoing connections, so that nothing gets it by chance. */
const FIRST_PORT = 20_000;
const PORT_COUNT = 10_000;
const MAX_PORT_TRIES = 50;

/**
 * Serves the demo's web sites on loopback, without login. The port is chosen at the first start and kept in
 * `demo.json`, since configurations in the bucket name it. If it is taken at a later start another one is chosen and
 * kept, and the old one remembered in `formerPorts`, by which `seedDemo` brings the configurations along.
 * Throws `config` where no port is free.
 */
export async function startDemo(params: StartDemoParams): Promise<Demo> {
  const { dataDir, ids } = params;
  const sites = await readDemoSites();
  const kept = await readDemoState(dataDir);
  const board = demoSwitchBoard();
  const routes = new Map<string, DemoAnswer>();
  const server = http.createServer((request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    send(request, response, board.answer(request.method ?? "GET", path) ?? board.failureAt(path) ?? routes.get(path));
  });
  const port =
    (kept !== null && (await listen(server, kept.port)) ? kept.port : null) ?? (await listenAnywhere(server, ids));
  const origin = `http://${HOST}:${port}`;
  for (const [path, answer] of siteRoutes(sites, origin)) routes.set(path, answer);
  const state = nextState(kept, port);
  if (kept?.port !== port) await writeDemoState(dataDir, state);
  return Object.freeze({
    origin,
    port,
    formerPorts: state.formerPorts,
    movedFrom: kept !== null && kept.port !== port ? kept.port : null,
    setSwitch: (name: DemoSwitch, failing: boolean) => board.set(name, failing),
    async close() {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  });
}

function nextState(kept: DemoState | null, port: number): DemoState {
  if (kept === null) return { port, formerPorts: [], seeded: [] };
  if (kept.port === port) return kept;
  const former = [kept.port, ...kept.formerPorts.filter((one) => one !== kept.port && one !== port)];
  return { port, formerPorts: former.slice(0, MAX_FORMER_PORTS), seeded: kept.seeded };
}

async function listenAnywhere(server: Server, ids: Pick<IdSource, "random">): Promise<number> {
  for (let attempt = 0; attempt < MAX_PORT_TRIES; attempt++) {
    const port = FIRST_PORT + Math.floor(ids.random() * PORT_COUNT);
    if (await listen(server, port)) return port;
  }
  throw new EngineError(
    "config",
    `the demo found no free port in ${MAX_PORT_TRIES} tries between ${FIRST_PORT} and ${FIRST_PORT + PORT_COUNT - 1} on ${HOST}`,
  );
}

/** False where the port is taken or not allowed. */
async function listen(server: Server, port: number): Promise<boolean> {
  try {
    server.listen(port, HOST);
    await once(server, "listening");
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE" || code === "EACCES") return false;
    throw error;
  }
}

function siteRoutes(sites: readonly DemoSite[], origin: string): Map<string, DemoAnswer> {
  const routes = new Map(sites.flatMap((site) => [...siteAnswers(site, origin)]));
  const items = sites.map((site) => `<li><a href="/${site.name}/">${escape(site.title)}</a></li>`);
  routes.set(
    "/",
    html(`<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Sheaf's demo sites</title></head><body>
<h1>Sheaf's demo sites</h1>\n<ul>\n${items.join("\n")}\n</ul>\n<p><a href="${SWITCH_PATH}">Make something fail</a></p>\n</body></html>\n`),
  );
  routes.set("/robots.txt", text("User-agent: *\nAllow: /\n"));
  return routes;
}

function send(request: IncomingMessage, response: ServerResponse, found: DemoAnswer | undefined): void {
  request.resume();
  const answer = found ?? { ...text("no such page\n"), status: 404 };
  response.writeHead(answer.status, { "content-type": answer.contentType, "content-length": answer.body.length });
  response.end(request.method === "HEAD" ? undefined : answer.body);
}
