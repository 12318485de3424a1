import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { EngineError, errorCodes, isEngineError } from "../../../engine/operate.ts";
import { statusOfCode } from "../../../ui/server/problems.ts";
import { fakeEngine } from "../../rigs/fake-engine.ts";
import { served } from "../../rigs/served.ts";

const viewer = { token: "viewer-token" };
const operator = { token: "operator-token", method: "POST" };

test("every code of the engine has an HTTP status", () => {
  assert.deepEqual(Object.keys(statusOfCode).sort(), Object.keys(errorCodes).sort());
});

test("what is not there, not allowed or not well-formed is told as an error with its status", async () => {
  await using server = await served([fakeEngine()]);
  const codeOf = async (...args: Parameters<typeof server.request>) => {
    const { status, body } = await server.request(...args);
    return [status, body.error.code];
  };
  assert.deepEqual(await codeOf("/nowhere"), [404, "not_found"]);
  assert.deepEqual(await codeOf("/api/runs/unknown", viewer), [404, "not_found"]);
  assert.deepEqual(await codeOf("/api/runs/run-1", { ...viewer, method: "DELETE" }), [405, "method_not_allowed"]);
  assert.deepEqual(await codeOf("/api/runs/%zz", viewer), [400, "invalid_request"]);
  assert.deepEqual(await codeOf("/api/runs?limit=0", viewer), [400, "invalid_request"]);
  assert.deepEqual(await codeOf("/api/runs?status=lost", viewer), [400, "invalid_request"]);
  assert.deepEqual(await codeOf("/api/materialize", { ...operator, text: "{", headers: json }), [
    400,
    "invalid_request",
  ]);
  assert.deepEqual(await codeOf("/api/materialize", { ...operator, text: '{"__proto__":{}}', headers: json }), [
    400,
    "invalid_request",
  ]);
});

const json = { "Content-Type": "application/json" };

test("what routes take is described by schemas, which the server does not look at itself", async () => {
  await using server = await served([fakeEngine()]);
  const { body } = await server.request("/api/openapi.json", viewer);
  const schemas = Object.entries(body.paths as DescribedPaths).flatMap(([path, routes]) =>
    Object.entries(routes).flatMap(([method, { parameters = [], requestBody }]) =>
      [...parameters, ...Object.values(requestBody?.content ?? {})].map((part) => ({ ...part, route: method + path })),
    ),
  );
  assert.ok(schemas.some(({ route }) => route === "post/api/materialize"));
  const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true });
  addFormats.default(ajv, ["date-time"]);
  for (const { route, schema } of schemas) {
    assert.ok(ajv.validateSchema(schema), `${route}: ${ajv.errorsText(ajv.errors)}`);
    assert.doesNotThrow(() => ajv.compile(schema), route);
  }
});

type DescribedPaths = Readonly<Record<string, Readonly<Record<string, DescribedRoute>>>>;

interface DescribedRoute {
  readonly parameters?: readonly { readonly schema: object }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
}

test("an answer says which methods a route has", async () => {
  await using server = await served([fakeEngine()]);
  const answer = await server.request("/api/limits", { method: "PATCH" });
  assert.equal(answer.status, 405);
  assert.equal(answer.headers.get("allow"), "GET, HEAD, PUT");
});

test("a field that is not known is refused by its name", async () => {
  await using server = await served([fakeEngine()]);
  const answer = await server.request("/api/materialize", { ...operator, body: { asets: ["ingest/list"] } });
  assert.equal(answer.status, 400);
  assert.equal(answer.body.error.message, 'body: "asets" is not known here');
});

test("nothing in a body is coerced, while numbers in an address are read", async () => {
  await using server = await served([fakeEngine()]);
  const wrong = { kind: "runs", maximum: "3" };
  assert.equal((await server.request("/api/limits", { ...operator, method: "PUT", body: wrong })).status, 400);
  assert.equal((await server.request("/api/runs?limit=3&status=queued,failed&status=running", viewer)).status, 200);
});

test("a POST without a body is as good as one with an empty object", async () => {
  const engine = fakeEngine();
  await using server = await served([engine]);
  for (const headers of [{}, json]) {
    assert.equal((await server.request("/api/jobs/harvest_job/runs", { ...operator, headers })).status, 201);
  }
  assert.equal(engine.calls.length, 2);
});

test("an asset's key is one segment, percent-encoded", async () => {
  await using server = await served([fakeEngine()]);
  const answer = await server.request("/api/assets/ingest%2Fharvest", viewer);
  assert.equal(answer.status, 200);
  assert.equal(answer.body.key, "ingest/harvest");
});

test("a partition key of 8,192 bytes fits into an address, a longer one is refused", async () => {
  await using server = await served([fakeEngine()]);
  const asset = "/api/assets/ingest%2Fharvest/partitions?partition=";
  const key = encodeURIComponent("ü".repeat(4096));
  const answer = await server.request(`${asset}${key}`, viewer);
  assert.equal(answer.status, 200);
  assert.equal(answer.body.items[0]?.["key"], "ü".repeat(4096));
  assert.equal((await server.request(`${asset}${"x".repeat(8193)}`, viewer)).status, 400);
  const long = await server.request(`/api/hooks/${"x".repeat(250)}`, operator);
  assert.deepEqual([long.status, long.body.error.message], [404, `there is no sensor "${"x".repeat(250)}"`]);
  const longest = await server.request(`/api/hooks/${encodeURIComponent("ü".repeat(4096))}`, operator);
  assert.equal(longest.body.error.code, "invalid_request");
  assert.equal((await server.request(`/api/hooks/${"x".repeat(30_000)}`, operator)).status, 400);
});

test("a body over the limit of its route is refused", async () => {
  await using server = await served([fakeEngine()]);
  const body = { name: "x".repeat(70_000), role: "viewer" };
  const answer = await server.request("/api/tokens", { method: "POST", token: "admin-token", body });
  assert.equal(answer.status, 413);
  assert.equal(answer.body.error.code, "too_large");
});

test("a stranger's body is not read", async () => {
  await using server = await served([fakeEngine()]);
  const answer = await server.request("/api/materialize", { method: "POST", text: "{", headers: json });
  assert.equal(answer.status, 401);
});

test("a bug of the server is told without its message and logged with it", async () => {
  const engine = fakeEngine();
  const queries = {
    ...engine.queries,
    jobs: () => {
      throw new TypeError("secret detail");
    },
  };
  await using server = await served([{ ...engine, queries }]);
  const answer = await server.request("/api/jobs", viewer);
  assert.equal(answer.status, 500);
  assert.equal(answer.body.error.code, "internal");
  assert.ok(!answer.text.includes("secret detail"));
  assert.equal(server.logged.length, 1);
  assert.match(server.logged[0] ?? "", /GET \/api\/jobs: TypeError: secret detail/);
});

test("every answer carries the headers that keep browsers safe", async () => {
  await using server = await served([fakeEngine()]);
  for (const path of ["/", "/login", "/nowhere", "/api/health", "/api/runs/%zz"]) {
    const { headers } = await server.request(path);
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/, path);
    assert.match(policy, /frame-ancestors 'none'/, path);
    assert.doesNotMatch(policy, /unsafe/, path);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(headers.get("referrer-policy"), "no-referrer", path);
  }
});

test("health says nothing that strangers should not know, and 503 once the engine has failed", async () => {
  const engine = fakeEngine();
  await using server = await served([engine]);
  assert.equal((await server.request("/api/health")).status, 200);
  const error = { code: "corrupt", message: "/secret/path" };
  const failed = { ...engine, health: () => ({ ...engine.health(), status: "failed" as const, error }) };
  await using broken = await served([failed]);
  const answer = await broken.request("/api/health");
  assert.equal(answer.status, 503);
  assert.deepEqual(answer.body.error, { code: "corrupt" });
});

test("metrics come in the text format of Prometheus, by project", async () => {
  await using server = await served([fakeEngine(), fakeEngine({ project: 'i"ow' })]);
  const { text, headers } = await server.request("/metrics", viewer);
  assert.match(headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  assert.match(
    text,
    /^# HELP sheaf_up .+\n# TYPE sheaf_up gauge\nsheaf_up\{project="eco"\} 1\nsheaf_up\{project="i\\"ow"\} 1$/m,
  );
});

test("a port that is taken is told as such", async () => {
  await using server = await served([fakeEngine()]);
  const port = Number(new URL(server.url).port);
  await assert.rejects(
    served([fakeEngine()], { port }),
    (error) => isEngineError(error, "config") && error.message.startsWith(`port ${port} on 127.0.0.1 is in use`),
  );
});

test("whoever may open the control socket is admin, and a socket that a killed engine left is replaced", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sheaf-"));
  const controlSocket = join(folder, "control.sock");
  writeFileSync(controlSocket, "left behind");
  try {
    await using server = await served([fakeEngine()], { controlSocket });
    assert.equal(statSync(controlSocket).mode & 0o777, 0o600);
    const body = await new Promise<string>((resolve, reject) => {
      const sent = request({ socketPath: controlSocket, path: "/api/me" }, (response) => {
        response.setEncoding("utf8").on("data", resolve);
      });
      sent.on("error", reject).end();
    });
    assert.deepEqual(JSON.parse(body), { name: "local", role: "admin" });
    assert.equal((await server.request("/api/me")).status, 401);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("each project has its console, at every address of a page", async () => {
  await using server = await served([fakeEngine(), fakeEngine({ project: "iow" })]);
  for (const base of ["", "/p/eco", "/p/iow"]) {
    for (const path of [
      "/",
      "/runs",
      "/runs/some-id",
      "/assets/ingest%2Fgleanerio_run",
      "/automation/a%20name",
      "/login",
    ]) {
      const page = await server.request(`${base}${path}`);
      assert.equal(page.status, 200, path);
      assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
      assert.equal(page.headers.get("cache-control"), "no-cache", "it names the scripts of its version");
    }
  }
});

test("an address that no page has answers a browser with the console's own page, and a program with JSON", async () => {
  await using server = await served([fakeEngine()]);
  const headers = { Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };
  const console = (await server.request("/")).text;
  for (const path of ["/nonsense", "/runs/a/b", "/p/nobody/runs", "/apiary", "/nonsense?next=/api/runs"]) {
    const page = await server.request(path, { headers });
    assert.deepEqual([page.status, page.text], [404, console], path);
    assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
    assert.match(page.headers.get("content-security-policy") ?? "", /script-src 'self'/);
    assert.equal(page.headers.get("cache-control"), "no-store");
    const told = await server.request(path, { headers: { Accept: "*/*" } });
    assert.deepEqual([told.status, told.body.error.code], [404, "not_found"], path);
  }
  for (const path of ["/api", "/api/nonsense", "/p/eco/api/nonsense", "/sparql/x", "/p/eco/sparql/x", "/web/x.js"]) {
    const told = await server.request(path, { headers });
    assert.deepEqual([told.status, told.body.error.code], [404, "not_found"], path);
  }
  const posted = await server.request("/nonsense", { method: "POST", headers });
  assert.deepEqual([posted.status, posted.body.error.code], [404, "not_found"]);
});

test("a script that is named by its content is kept for ever, and nothing beside the build is served", async () => {
  await using server = await served([fakeEngine()]);
  const page = await server.request("/");
  const script = /<script type="module" src="([^"]+)">/.exec(page.text)?.[1] ?? "";
  const answer = await server.request(script);
  assert.match(answer.headers.get("content-type") ?? "", /^text\/javascript/);
  assert.equal(answer.headers.get("cache-control"), "public, max-age=31536000, immutable");
  const ETag = answer.headers.get("etag") ?? "";
  assert.equal((await server.request(script, { headers: { "If-None-Match": ETag } })).status, 304);
  assert.equal((await server.request("/web/../package.json")).status, 404);
  assert.equal((await server.request("/web/tsconfig.json")).status, 404);
});

test("what is text goes compressed to whoever takes that, under a tag of its own", async () => {
  await using server = await served([fakeEngine()]);
  const page = await server.request("/", { headers: { "Accept-Encoding": "identity" } });
  const script = /<script type="module" src="([^"]+)">/.exec(page.text)?.[1] ?? "";
  const asked = (wish: string) => server.request(script, { headers: { "Accept-Encoding": wish } });
  const plain = await asked("identity");
  assert.equal(plain.headers.get("content-encoding"), null);
  for (const wish of ["gzip", "br, gzip;q=0.5", "deflate,gzip ; q=1"]) {
    const zipped = await asked(wish);
    assert.equal(zipped.headers.get("content-encoding"), "gzip", wish);
    assert.equal(zipped.text, plain.text);
    assert.notEqual(zipped.headers.get("etag"), plain.headers.get("etag"));
    assert.match(zipped.headers.get("vary") ?? "", /Accept-Encoding/);
  }
  for (const wish of ["gzip;q=0", "gzip;q=0.000", "br", "x-gzipped"]) {
    assert.equal((await asked(wish)).headers.get("content-encoding"), null, wish);
  }
});

test("a refusal says why also where the record takes no entry of the audit trail", async () => {
  const engine = fakeEngine();
  const audit = async (): Promise<void> => {
    throw new EngineError("disk_failed", "the disk is full", { retryable: true });
  };
  await using server = await served([{ ...engine, access: { ...engine.access, audit } }]);
  const refused = await server.request("/api/backup", { method: "POST", token: engine.tokens.viewer, body: {} });
  assert.deepEqual([refused.status, refused.body.error.code], [403, "forbidden"]);
});
