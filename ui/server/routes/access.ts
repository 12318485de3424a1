import { EngineError } from "../../../engine/operate.ts";
import { problems } from "../schemas/problems.ts";
import {
  done,
  id,
  instant,
  jsonObject,
  list,
  nullable,
  options,
  page,
  paging,
  record,
  text,
} from "../schemas/values.ts";
import type { ProjectScope } from "../server-options.ts";
import { actorOf, type App } from "../typed-app.ts";

const role = { type: "string", enum: ["viewer", "operator", "admin"] } as const;
const tokenName = { type: "string", minLength: 1, maxLength: 100 } as const;

const token = record({
  id: text,
  name: text,
  role,
  createdAt: instant,
  createdBy: text,
  lastUsedAt: nullable(instant),
  revokedAt: nullable(instant),
});

/** Tokens and the audit trail; both are of the process, and live in the first project's store. */
export function accessRoutes(app: App, { shared }: ProjectScope): void {
  const { access } = shared;
  const admin = { role: "admin" } as const;

  app.get(
    "/audit",
    {
      config: admin,
      schema: {
        tags: ["access"],
        summary: "Who did what, newest first",
        querystring: options(paging),
        response: { 200: page(jsonObject), ...problems },
      },
    },
    async (request) => await shared.firstEngine.queries.audit(request.query),
  );

  app.get(
    "/tokens",
    {
      config: admin,
      schema: {
        tags: ["access"],
        summary: "All tokens; what they are is not kept",
        response: { 200: record({ items: list(token), nextCursor: nullable(text) }), ...problems },
      },
    },
    () => ({ items: access.tokens(), nextCursor: null }),
  );

  app.post(
    "/tokens",
    {
      config: { role: "admin", audit: "create token" },
      schema: {
        tags: ["access"],
        summary: "A new token, shown this once",
        body: record({ name: tokenName, role }),
        response: { 201: record({ id: text, token: text }), ...problems },
      },
    },
    async (request, reply) => {
      const made = await access.createToken({ ...request.body, by: actorOf(request).name });
      reply.code(201);
      return made;
    },
  );

  app.delete(
    "/tokens/:id",
    {
      config: { role: "admin", audit: "revoke token" },
      schema: {
        tags: ["access"],
        summary: "Revoke a token; the sessions that it opened end",
        params: record({ id }),
        response: { 200: done, ...problems },
      },
    },
    async (request) => {
      if (!(await access.revokeToken(request.params.id))) {
        throw new EngineError("not_found", `there is no token ${request.params.id} that is not revoked`);
      }
      return { ok: true };
    },
  );
}
