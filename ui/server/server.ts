import type { Server } from "node:http";
import { EngineError } from "../../engine/operate.ts";
import { identifier } from "./access/identify.ts";
import { loginLimiter } from "./access/login-limiter.ts";
import { sessionCookieName } from "./access/session-cookie.ts";
import { createApplication, MAX_HEADER_BYTES } from "./application.ts";
import { openControlSocket } from "./control-socket.ts";
import { type LiveHub, liveHub } from "./live/hub.ts";
import { type LiveSockets, liveSockets } from "./live/socket.ts";
import { loopLag } from "./loop-lag.ts";
import { refuseUnknown } from "./nothing-there.ts";
import { describeRoutes } from "./openapi.ts";
import { trackMethods } from "./other-methods.ts";
import { pageRoutes } from "./pages.ts";
import { projectRoutes } from "./project-routes.ts";
import { metricsRoute } from "./routes/metrics.ts";
import type { RunningServer, ServerOptions, SharedScope } from "./server-options.ts";
import { unopenedRoutes } from "./unopened-routes.ts";
import type { App } from "./typed-app.ts";

/**
 * Serves the API, the page and the websocket of all engines. Throws `config` where the address cannot be had, and
 * where there is no engine.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const shared = sharedScope(options);
  const app = createApplication(shared);
  await registerRoutes(app, shared);
  const sockets = liveSockets({ ...shared, hubs: hubsByPath(shared) });
  sockets.attach(app.server);
  let control: Server | null = null;
  try {
    const url = await listen(app, options);
    control = await listenLocally(app, { shared, sockets });
    return Object.freeze({ url, close: async () => await close(app, { shared, sockets, control }) });
  } catch (error) {
    await close(app, { shared, sockets, control });
    throw error;
  }
}

export function sharedScope(options: ServerOptions): SharedScope {
  const [firstEngine] = options.engines;
  if (firstEngine === undefined) throw new EngineError("config", "there is no project to serve");
  const { access } = firstEngine;
  const cookieName = sessionCookieName(firstEngine.generation);
  const hubs = new Map(options.engines.map((engine) => [engine.project, liveHub({ ...options, engine })]));
  return {
    ...options,
    unopened: options.unopened ?? [],
    firstEngine,
    access,
    cookieName,
    hubs,
    identifier: identifier({ access, cookieName }),
    limiter: loginLimiter(options.clock),
    lag: loopLag(options.clock),
  };
}

export async function registerRoutes(app: App, shared: SharedScope): Promise<void> {
  await describeRoutes(app, shared);
  const refuseOtherMethods = trackMethods(app);
  const projects = [...shared.engines, ...shared.unopened].map(({ project }) => project);
  if (shared.webFolder !== null) pageRoutes(app, { folder: shared.webFolder, projects });
  else refuseUnknown(app);
  metricsRoute(app, shared);
  for (const [index, engine] of shared.engines.entries()) {
    const scope = { shared, engine };
    if (index === 0 && hasFirst(shared)) await projectRoutes(app, { scope, prefix: "" });
    await projectRoutes(app, { scope, prefix: `/p/${encodeURIComponent(engine.project)}` });
  }
  for (const unopened of shared.unopened) await unopenedRoutes(app, { shared, unopened });
  refuseOtherMethods();
  await app.ready();
}

function hasFirst({ unopened }: SharedScope): boolean {
  return !unopened.some(({ isFirst }) => isFirst);
}

function hubsByPath(shared: SharedScope): ReadonlyMap<string, LiveHub> {
  const { engines, hubs } = shared;
  const paths = new Map<string, LiveHub>();
  for (const [index, { project }] of engines.entries()) {
    const hub = hubs.get(project);
    if (hub === undefined) continue;
    if (index === 0 && hasFirst(shared)) paths.set("/api/live", hub);
    paths.set(`/p/${encodeURIComponent(project)}/api/live`, hub);
  }
  return paths;
}

async function listen(app: App, { host, port }: ServerOptions): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "EADDRINUSE") {
      throw new EngineError("config", `port ${port} on ${host} is in use; choose another by SHEAF_PORT or --port`, {
        cause: error,
      });
    }
    if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
      const reason = error instanceof Error ? error.message : "";
      throw new EngineError("config", `cannot listen on ${host}:${port}: ${reason}`, { cause: error });
    }
    throw error;
  }
}

async function listenLocally(app: App, params: { shared: SharedScope; sockets: LiveSockets }): Promise<Server | null> {
  const { shared, sockets } = params;
  if (shared.controlSocket === null) return null;
  const server = await openControlSocket({
    file: shared.controlSocket,
    handler: (request, response) => app.routing(request, response),
    identifier: shared.identifier,
    maxHeaderBytes: MAX_HEADER_BYTES,
  });
  sockets.attach(server);
  return server;
}

interface Parts {
  readonly shared: SharedScope;
  readonly sockets: LiveSockets;
  readonly control: Server | null;
}

async function close(app: App, { shared, sockets, control }: Parts): Promise<void> {
  sockets.close();
  shared.lag.stop();
  if (control !== null) {
    const closed = new Promise<void>((resolve) => control.close(() => resolve()));
    control.closeAllConnections();
    await closed;
  }
  await app.close();
}
