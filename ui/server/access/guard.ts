import { EngineError } from "../../../engine/operate.ts";
import type { App, Request, RouteRole } from "../typed-app.ts";
import type { Identifier } from "./identify.ts";
import { isSafeMethod, isSameOrigin } from "./same-origin.ts";

const rank = { open: 0, viewer: 1, operator: 2, admin: 3 } as const;

/** Throws `unauthorized` or `forbidden` unless the request's actor has the role. */
export function requireRole(request: Pick<Request, "actor">, role: RouteRole): void {
  if (role === "open") return;
  if (request.actor === null) {
    throw new EngineError("unauthorized", "log in first, or send Authorization: Bearer <token>");
  }
  if (rank[request.actor.role] < rank[role]) {
    throw new EngineError("forbidden", `this takes the role ${role}; ${request.actor.name} is ${request.actor.role}`);
  }
}

/**
 * Holds every route to its role, and what changes something to our own pages where a cookie says who asks.
 * Runs before the body is read, so that strangers cannot send one.
 */
export function guardRoutes(app: App, identifier: Identifier): void {
  app.decorateRequest("actor", null);
  app.decorateRequest("byCookie", false);
  app.addHook("onRoute", (route) => {
    if (route.config?.role === undefined) throw new EngineError("definition", `route ${route.url} states no role`);
  });
  app.addHook("onRequest", async (request) => {
    const { actor, byCookie } = identifier.identify(request.raw);
    request.actor = actor;
    request.byCookie = byCookie;
    requireRole(request, request.routeOptions.config.role ?? "open");
    if (byCookie && !isSafeMethod(request.method) && !isSameOrigin(request.headers)) {
      throw new EngineError(
        "forbidden",
        "a page of another site sent this; requests from elsewhere need a Bearer token",
      );
    }
  });
}
