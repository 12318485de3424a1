import { EngineError } from "../../../engine/operate.ts";
import { readCookie, sessionCookie } from "../access/session-cookie.ts";
import { HttpProblem } from "../problems.ts";
import { problems } from "../schemas/problems.ts";
import { done, instant, record, text } from "../schemas/values.ts";
import type { ProjectScope } from "../server-options.ts";
import type { App, Request } from "../typed-app.ts";

const MAX_LOGIN_BODY_BYTES = 4096;
const MAX_SECRET_CHARACTERS = 512;

const secret = { type: "string", minLength: 1, maxLength: MAX_SECRET_CHARACTERS } as const;
const actor = { name: text, role: { type: "string", enum: ["viewer", "operator", "admin"] } } as const;

export function sessionRoutes(app: App, { shared }: ProjectScope): void {
  const { access, cookieName, clock, limiter } = shared;

  app.post(
    "/login",
    {
      config: { role: "open" },
      bodyLimit: MAX_LOGIN_BODY_BYTES,
      schema: {
        tags: ["session"],
        summary: "Log in with a token, or with a one-time code of a login link",
        body: {
          oneOf: [
            { ...record({ token: secret }), title: "Token" },
            { ...record({ code: secret }), title: "Code" },
          ],
        },
        response: { 200: record({ ...actor, expiresAt: instant }), ...problems },
      },
    },
    async (request, reply) => {
      const waitMs = limiter.waitMs(request.ip);
      if (waitMs > 0) {
        const seconds = Math.ceil(waitMs / 1000);
        throw new HttpProblem("too_many_requests", `too many failed logins; try again in ${seconds} s`, {
          headers: { "Retry-After": String(seconds) },
        });
      }
      const opened = await access.openSession(request.body);
      if (opened === null) {
        limiter.failed(request.ip);
        await access.audit({ actor: null, action: "login", target: request.ip, outcome: "refused (401)" });
        const what =
          "code" in request.body ? "the link was used, is too old, or is of another engine" : "no such token";
        throw new EngineError("unauthorized", what);
      }
      await access.audit({ actor: opened.actor, action: "login", target: request.ip, outcome: "done" });
      const maxAgeS = Math.max(0, Math.floor((opened.expiresAtMs - clock.now()) / 1000));
      const secure = shared.secure || cameByHttps(request);
      reply.header("Set-Cookie", sessionCookie({ name: cookieName, session: opened.session, maxAgeS, secure }));
      const { name, role } = opened.actor;
      return { name, role, expiresAt: new Date(opened.expiresAtMs).toISOString() };
    },
  );

  app.post(
    "/logout",
    {
      config: { role: "viewer", audit: "logout" },
      schema: { tags: ["session"], summary: "End this session", response: { 200: done, ...problems } },
    },
    async (request, reply) => {
      const session = readCookie(request.headers.cookie, cookieName);
      if (session !== null && request.byCookie) await access.closeSession(session);
      const secure = shared.secure || cameByHttps(request);
      reply.header("Set-Cookie", sessionCookie({ name: cookieName, session: "", maxAgeS: 0, secure }));
      return { ok: true };
    },
  );

  app.get(
    "/me",
    {
      config: { role: "viewer" },
      schema: { tags: ["session"], summary: "Who is logged in", response: { 200: record(actor), ...problems } },
    },
    (request) => request.actor,
  );
}

/** A proxy may say so; whoever lies about it only keeps their own cookie from plain http. */
function cameByHttps(request: Request): boolean {
  return request.headers["x-forwarded-proto"]?.toString().split(",", 1)[0]?.trim() === "https";
}
