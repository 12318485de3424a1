import swagger from "@fastify/swagger";
import { json } from "./schemas/values.ts";
import { problems } from "./schemas/problems.ts";
import type { SharedScope } from "./server-options.ts";
import type { App } from "./typed-app.ts";

/** Collects the routes that are registered from here on into one document. */
export async function describeRoutes(app: App, shared: SharedScope): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Sheaf",
        version: shared.system.version,
        description:
          "Errors are { error: { code, message, details? } }. Lists answer { items, nextCursor }; pass nextCursor as " +
          "cursor for the next page. What changes something and comes with a cookie has to come from Sheaf's own page. " +
          "x-role is the least role that may call a route. Changes as they happen: the websocket /api/live.",
      },
      servers: [{ url: "/" }, ...shared.engines.map(({ project }) => ({ url: `/p/${encodeURIComponent(project)}` }))],
      security: [{ token: [] }, { session: [] }],
      components: {
        securitySchemes: {
          token: { type: "http", scheme: "bearer" },
          session: { type: "apiKey", in: "cookie", name: shared.cookieName },
        },
      },
    },
    transform: ({ schema, url, route }) => {
      const role = route.config?.role ?? "open";
      const open = role === "open" ? { security: [] } : {};
      // Each project's copy is told by `servers`.
      const hide = url.startsWith("/p/") || schema?.hide === true;
      return { url, schema: { ...schema, ...open, hide, "x-role": role } };
    },
  });
}

/** Serves the document; its routes are those of `/api`, which every project has under its own prefix too. */
export function openApiRoute(app: App): void {
  app.get(
    "/openapi.json",
    {
      config: { role: "viewer" },
      schema: { tags: ["system"], summary: "This document", response: { 200: json, ...problems } },
    },
    () => app.swagger(),
  );
}
