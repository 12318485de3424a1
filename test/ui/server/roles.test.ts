import assert from "node:assert/strict";
import test from "node:test";
import { fakeEngine } from "../../rigs/fake-engine.ts";
import { served } from "../../rigs/served.ts";

/** The least role for every route there is; a route that is missing here fails the test. */
const expectedRoles: Readonly<Record<string, string>> = {
  "GET /metrics": "viewer",
  "GET /api/health": "open",
  "POST /api/login": "open",
  "POST /api/logout": "viewer",
  "GET /api/me": "viewer",
  "GET /api/assets": "viewer",
  "GET /api/assets/{key}": "viewer",
  "GET /api/assets/{key}/partitions": "viewer",
  "GET /api/assets/{key}/checks": "viewer",
  "GET /api/assets/{key}/checks/{check}/evaluations": "viewer",
  "GET /api/assets/{key}/checks/{check}/partitions": "viewer",
  "GET /api/assets/{key}/materializations": "viewer",
  "GET /api/graph": "viewer",
  "GET /api/jobs": "viewer",
  "POST /api/materialize": "operator",
  "POST /api/jobs/{name}/runs": "operator",
  "GET /api/runs": "viewer",
  "GET /api/runs/{id}": "viewer",
  "GET /api/runs/{id}/events": "viewer",
  "GET /api/runs/{id}/logs": "viewer",
  "GET /api/assets/{key}/matrix": "viewer",
  "GET /api/assets/{key}/key-counts": "viewer",
  "GET /api/failures": "viewer",
  "GET /api/run-counts": "viewer",
  "GET /api/runs/{id}/steps": "viewer",
  "POST /api/runs/{id}/cancel": "operator",
  "POST /api/runs/{id}/priority": "operator",
  "POST /api/runs/{id}/steps/{step}/cancel": "operator",
  "POST /api/runs/{id}/reexecute": "operator",
  "POST /api/runs/bulk": "operator",
  "GET /api/limits": "viewer",
  "PUT /api/limits": "operator",
  "GET /api/pools": "viewer",
  "GET /api/backfills": "viewer",
  "GET /api/backfills/{id}": "viewer",
  "POST /api/backfills/{id}/cancel": "operator",
  "GET /api/partitions": "viewer",
  "GET /api/partitions/{set}": "viewer",
  "POST /api/partitions/{set}": "operator",
  "POST /api/partitions/{set}/retire": "operator",
  "POST /api/partitions/{set}/restore": "operator",
  "GET /api/sensors": "viewer",
  "GET /api/sensors/{name}": "viewer",
  "GET /api/sensors/{name}/ticks": "viewer",
  "POST /api/sensors/{name}/start": "operator",
  "POST /api/sensors/{name}/stop": "operator",
  "POST /api/sensors/{name}/evaluate": "operator",
  "GET /api/schedules": "viewer",
  "GET /api/schedules/{name}": "viewer",
  "GET /api/schedules/{name}/ticks": "viewer",
  "POST /api/schedules/{name}/start": "operator",
  "POST /api/schedules/{name}/stop": "operator",
  "POST /api/schedules/{name}/evaluate": "operator",
  "POST /api/hooks/{sensor}": "operator",
  "GET /api/system": "viewer",
  "POST /api/prune": "admin",
  "POST /api/backup": "admin",
  "GET /api/audit": "admin",
  "GET /api/tokens": "admin",
  "POST /api/tokens": "admin",
  "DELETE /api/tokens/{id}": "admin",
  "GET /api/openapi.json": "viewer",
  "GET /sparql/{namespace}": "viewer",
  "POST /sparql/{namespace}": "viewer",
};

const rank = ["open", "viewer", "operator", "admin"];
const noTriples = {
  query: async () => ({ contentType: "text/plain", body: Buffer.from("") }),
} as never;

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly "x-role": string }>>>>;
}

function describedRoutes(document: Described): Map<string, string> {
  const routes = new Map<string, string>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, route] of Object.entries(methods)) {
      routes.set(`${method.toUpperCase()} ${path}`, route["x-role"]);
    }
  }
  return routes;
}

test("the document describes every route with its role, and nothing else", async () => {
  await using server = await served([fakeEngine()], { sparql: new Map([["eco", noTriples]]) });
  const { body } = await server.request("/api/openapi.json", { token: "viewer-token" });
  assert.deepEqual(Object.fromEntries(describedRoutes(body as unknown as Described)), expectedRoles);
});

test("every route of every project refuses whoever has less than its role, and nobody else", async () => {
  const engines = [fakeEngine(), fakeEngine({ project: "iow" })];
  const sparql = new Map(engines.map(({ project }) => [project, noTriples] as const));
  await using server = await served(engines, { sparql });
  for (const [route, role] of Object.entries(expectedRoles)) {
    const [method = "", path = ""] = route.split(" ");
    const url = path.replaceAll(/\{\w+\}/g, "1");
    for (const prefix of path === "/metrics" ? [""] : ["", "/p/eco", "/p/iow"]) {
      for (const [index, who] of rank.entries()) {
        const token = who === "open" ? null : `${who}-token`;
        const { status } = await server.request(`${prefix}${url}`, { method, token });
        const what = `${method} ${prefix}${url} as ${who}`;
        if (index < rank.indexOf(role)) assert.equal(status, who === "open" ? 401 : 403, what);
        else if (route !== "POST /api/login") assert.ok(status !== 401 && status !== 403, `${what}: ${status}`);
      }
    }
  }
});

test("every documented route exists", async () => {
  await using server = await served([fakeEngine()], { sparql: new Map([["eco", noTriples]]) });
  for (const route of Object.keys(expectedRoles)) {
    const [method = "", path = ""] = route.split(" ");
    const { status, body } = await server.request(path.replaceAll(/\{\w+\}/g, "1"), { method, token: "admin-token" });
    assert.notEqual(status, 405, route);
    assert.notEqual(status, 500, route);
    const isUnknownRoute = status === 404 && body.error.message.startsWith("nothing is at");
    assert.ok(!isUnknownRoute, route);
  }
  assert.deepEqual(server.logged, []);
});
