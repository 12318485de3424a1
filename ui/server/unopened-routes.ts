import { EngineError } from "../../engine/operate.ts";
import { accessRoutes } from "./routes/access.ts";
import { sessionRoutes } from "./routes/session.ts";
import type { SharedScope, UnopenedProject } from "./server-options.ts";
import type { App } from "./typed-app.ts";

interface UnopenedScope {
  readonly shared: SharedScope;
  readonly unopened: UnopenedProject;
}

/**
 * In place of the routes of a project that could not be opened: each answers why, its health without the message. Login
 * and tokens go on at `/api`, since they are of the process.
 */
export async function unopenedRoutes(app: App, { shared, unopened }: UnopenedScope): Promise<void> {
  const { project, isFirst } = unopened;
  const prefixes = [`/p/${encodeURIComponent(project)}`, ...(isFirst ? [""] : [])];
  for (const prefix of prefixes) {
    await app.register(
      async (child) => {
        if (prefix === "") {
          sessionRoutes(child, { shared, engine: shared.firstEngine });
          accessRoutes(child, { shared, engine: shared.firstEngine });
        }
        whyRoutes(child, { shared, unopened });
      },
      { prefix: `${prefix}/api` },
    );
  }
}

function whyRoutes(app: App, { shared, unopened }: UnopenedScope): void {
  const { project, error } = unopened;
  app.get("/health", { config: { role: "open" }, schema: { hide: true } }, (_request, reply) =>
    reply.code(503).send({ project, version: shared.system.version, status: "failed", error: { code: error.code } }),
  );
  app.route({
    method: ["GET", "POST", "PUT", "DELETE"],
    url: "/*",
    config: { role: "viewer" },
    schema: { hide: true },
    handler: () => {
      const others = shared.engines.map((engine) => `/p/${encodeURIComponent(engine.project)}/`).join(", ");
      throw new EngineError(
        error.code,
        `the project "${project}" could not be opened: ${error.message}. Open are: ${others}`,
      );
    },
  });
}
