import fastify from "fastify";
import type { IncomingMessage, ServerResponse } from "node:http";
import { auditRoutes } from "./access/audit-trail.ts";
import { guardRoutes } from "./access/guard.ts";
import { problemOf } from "./problems.ts";
import { MAX_PARAMETER_CHARACTERS } from "./schemas/values.ts";
import { securityHeaders, STRICT_TRANSPORT_SECURITY } from "./security-headers.ts";
import type { SharedScope } from "./server-options.ts";
import type { App } from "./typed-app.ts";
import { validateRequests } from "./validation.ts";

/** The address and the headers of a request; room for two partition keys, percent-encoded. */
export const MAX_HEADER_BYTES = 64 * 1024;
/** Routes that take more say so. */
const MAX_BODY_BYTES = 64 * 1024;
/** For a client to send its whole request. */
const REQUEST_TIMEOUT_MS = 60_000;

/** Fastify with what every route shares: roles, headers, errors, the audit trail, strict bodies. */
export function createApplication(shared: SharedScope): App {
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    return503OnClosing: false,
    http: { maxHeaderSize: MAX_HEADER_BYTES },
    routerOptions: {
      maxParamLength: MAX_PARAMETER_CHARACTERS,
      onBadUrl: refuseUrl("the address is not well-formed: a % stands before two hexadecimal digits"),
      onMaxParamLength: refuseUrl(`a part of the address is over ${MAX_PARAMETER_CHARACTERS} characters`),
    },
    logger: false,
  }) as App;
  validateRequests(app);
  strictBodies(app);
  // JSON.stringify, and no narrowing to the schemas: a test holds the answers against them instead.
  app.setSerializerCompiler(() => JSON.stringify);
  guardRoutes(app, shared.identifier);
  auditRoutes(app, shared.access);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(securityHeaders);
    if (shared.secure) reply.header("Strict-Transport-Security", STRICT_TRANSPORT_SECURITY);
    if (!request.url.startsWith("/web/")) reply.header("Cache-Control", "no-store");
  });
  handleProblems(app, shared);
  return app;
}

/** Bodies are JSON and nothing is coerced in them; none at all stands for `{}`, as scripts expect. */
function strictBodies(app: App): void {
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else void parseJson(request, body.toString(), done);
  });
  app.addHook("preValidation", async (request) => {
    if (request.body === undefined && request.routeOptions.schema?.body !== undefined) request.body = {};
  });
}

function handleProblems(app: App, { log }: SharedScope): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, headers, body, isBug } = problemOf(error);
    if (isBug) {
      const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
      log("error", `${request.method} ${request.routeOptions.url ?? request.url.slice(0, 200)}: ${told}`);
    }
    return reply.code(status).headers(headers).type("application/json; charset=utf-8").send(body);
  });
}

/** The router refuses some addresses before there is a request of Fastify's. */
function refuseUrl(message: string): (path: string, request: IncomingMessage, response: ServerResponse) => void {
  return (_path, _request, response) => {
    response.writeHead(400, { ...securityHeaders, "Content-Type": "application/json; charset=utf-8" });
    response.end(JSON.stringify({ error: { code: "invalid_request", message } }));
  };
}
