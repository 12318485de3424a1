import assert from "node:assert/strict";
import test from "node:test";
import { EngineError } from "../../../engine/core/errors.ts";
import type { QueryParams, TripleStore, UpdateParams } from "../../../engine/core/ports/triple-store.ts";
import { SPARQL_TIMEOUT_MS } from "../../../ui/server/routes/sparql.ts";
import { fakeEngine } from "../../rigs/fake-engine.ts";
import { type Served, served } from "../../rigs/served.ts";

function recordingStore() {
  const queries: QueryParams[] = [];
  const updates: UpdateParams[] = [];
  const store = {
    description: "a store that notes",
    async query(params: QueryParams) {
      if (params.namespace === "gone") throw new EngineError("namespace_not_found", "there is no namespace gone");
      if (params.query.includes("slow")) throw new EngineError("query_limit", "over its time");
      queries.push(params);
      return { contentType: "text/csv; charset=utf-8", body: Buffer.from("n\r\n1\r\n") };
    },
    async update(params: UpdateParams) {
      updates.push(params);
    },
  } as unknown as TripleStore;
  return { store, queries, updates };
}

async function rig({ sparqlPublic = false }: { sparqlPublic?: boolean } = {}) {
  const engine = fakeEngine();
  const recorded = recordingStore();
  const server: Served = await served([engine], { sparql: new Map([["eco", recorded.store]]), sparqlPublic });
  return { ...recorded, engine, server, [Symbol.asyncDispose]: async () => await server[Symbol.asyncDispose]() };
}

const select = "SELECT * { ?s ?p ?o }";
const viewer = { token: "viewer-token" };
const form = { "Content-Type": "application/x-www-form-urlencoded" };

test("a query comes by GET, as a form, or as its own media type, with its graphs", async () => {
  await using rigged = await rig();
  const { server, queries } = rigged;
  const graphs = "default-graph-uri=urn:a&default-graph-uri=urn:b&named-graph-uri=urn:c";
  const query = encodeURIComponent(select);
  const byGet = await server.request(`/sparql/eco?query=${query}&${graphs}`, {
    ...viewer,
    headers: { Accept: "text/csv" },
  });
  assert.equal(byGet.status, 200);
  assert.equal(byGet.text, "n\r\n1\r\n");
  assert.equal(byGet.headers.get("content-type"), "text/csv; charset=utf-8");
  const asForm = { ...viewer, method: "POST", headers: form, text: `query=${query}&${graphs}` };
  assert.equal((await server.request("/sparql/eco", asForm)).status, 200);
  const direct = { ...viewer, method: "POST", headers: { "Content-Type": "application/sparql-query" }, text: select };
  assert.equal((await server.request(`/sparql/eco?${graphs}`, direct)).status, 200);
  assert.equal(queries.length, 3);
  for (const asked of queries) {
    assert.equal(asked.query, select);
    assert.deepEqual(asked.defaultGraphs, ["urn:a", "urn:b"]);
    assert.deepEqual(asked.namedGraphs, ["urn:c"]);
    assert.equal(asked.timeoutMs, SPARQL_TIMEOUT_MS);
  }
  assert.deepEqual(
    queries.map(({ accept }) => accept),
    ["text/csv", "application/sparql-results+json", "application/sparql-results+json"],
  );
});

test("a query and a graph may hold question marks as they are", async () => {
  await using rigged = await rig();
  const { server, queries } = rigged;
  const path =
    "/sparql/eco?query=SELECT%20*%20{?s%20?p%20?o}&default-graph-uri=http://example.org/g?id=1&named-graph-uri=urn:c";
  assert.equal((await server.request(path, viewer)).status, 200);
  assert.deepEqual(
    queries.map(({ query, defaultGraphs, namedGraphs }) => [query, defaultGraphs, namedGraphs]),
    [["SELECT * {?s ?p ?o}", ["http://example.org/g?id=1"], ["urn:c"]]],
  );
});

test("an answer that cannot come as Accept asks is 406, and names what it can come as", async () => {
  await using rigged = await rig();
  const answer = await rigged.server.request(`/sparql/eco?query=${encodeURIComponent(select)}`, {
    ...viewer,
    headers: { Accept: "text/turtle" },
  });
  assert.equal(answer.status, 406);
  assert.equal(answer.body.error.code, "not_acceptable");
  assert.match(answer.text, /sparql-results\+json/);
});

test("what is no request of the protocol is refused with what is expected", async () => {
  await using rigged = await rig();
  const { server } = rigged;
  const statusOf = async (path: string, options: object = {}) =>
    (await server.request(path, { ...viewer, ...options })).status;
  assert.equal(await statusOf("/sparql/eco"), 400);
  assert.equal(await statusOf("/sparql/eco?query=a&query=b"), 400);
  assert.equal(await statusOf("/sparql/eco?update=CLEAR%20ALL"), 400);
  assert.equal(await statusOf("/sparql/eco", { method: "POST", headers: form, text: "query=a&update=b" }), 400);
  assert.equal(await statusOf("/sparql/eco", { method: "POST", body: { query: select } }), 415);
  assert.equal(await statusOf("/sparql/gone?query=ASK%7B%7D"), 404);
  assert.equal(await statusOf("/sparql/eco?query=slow"), 422);
  assert.equal(await statusOf("/sparql/eco", { method: "DELETE" }), 405);
});

test("updates take an operator, and are audited", async () => {
  await using rigged = await rig({ sparqlPublic: true });
  const { server, updates, engine } = rigged;
  const headers = { "Content-Type": "application/sparql-update" };
  const update = async (token: string | null) =>
    (await server.request("/sparql/eco", { method: "POST", headers, text: "CLEAR ALL", token })).status;
  assert.equal(await update(null), 401);
  assert.equal(await update("viewer-token"), 403);
  assert.equal(updates.length, 0);
  assert.equal(await update("operator-token"), 204);
  assert.equal(updates[0]?.update, "CLEAR ALL");
  assert.deepEqual(
    engine.audited.map(({ action, target }) => [action, target]),
    [["sparql update", "eco"]],
  );
});

test("anyone may read where reading is public, and from other sites' pages", async () => {
  await using closed = await rig();
  assert.equal((await closed.server.request("/sparql/eco?query=ASK%7B%7D")).status, 401);
  await using open = await rig({ sparqlPublic: true });
  const answer = await open.server.request("/sparql/eco?query=ASK%7B%7D");
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("access-control-allow-origin"), "*");
  assert.equal((await open.server.request("/p/eco/sparql/eco?query=ASK%7B%7D")).status, 200);
});

test("a query whose client went away is aborted", async () => {
  const engine = fakeEngine();
  const aborted = Promise.withResolvers<unknown>();
  const asked = Promise.withResolvers<void>();
  const store = {
    async query({ signal }: QueryParams) {
      signal?.addEventListener("abort", () => aborted.resolve(signal.reason));
      asked.resolve();
      throw await aborted.promise;
    },
  } as unknown as TripleStore;
  await using server = await served([engine], { sparql: new Map([["eco", store]]) });
  const leave = new AbortController();
  const request = fetch(`${server.url}/sparql/eco?query=ASK%7B%7D`, {
    headers: { Authorization: "Bearer viewer-token" },
    signal: leave.signal,
  });
  await asked.promise;
  leave.abort();
  await assert.rejects(request);
  assert.match(String(await aborted.promise), /the client went away/);
});
