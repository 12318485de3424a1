import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { blazegraphTripleStore, type BlazegraphTripleStore } from "../../../engine/adapters/blazegraph-triple-store.ts";
import { isEngineError, type ErrorCode } from "../../../engine/core/errors.ts";
import { manualClock, seededIds, type ManualClock } from "../../rigs/manual-clock.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";

interface Rig extends AsyncDisposable {
  readonly store: BlazegraphTripleStore;
  readonly clock: ManualClock;
  readonly requests: IncomingMessage[];
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** The adapter before a server that answers as it is told. */
async function answeredBy(answer: Answer): Promise<Rig> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    request.resume();
    answer(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const folder = await temporaryFolder();
  const clock = manualClock();
  const store = blazegraphTripleStore({
    url: `http://operator:s3cret%21@127.0.0.1:${port}/blazegraph/`,
    spoolDirectory: folder.path,
    clock,
    ids: seededIds(),
  });
  return {
    store,
    clock,
    requests,
    async [Symbol.asyncDispose]() {
      await store.close();
      server.closeAllConnections();
      server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function status(code: number, body = ""): Answer {
  return (_, response) => response.writeHead(code).end(body);
}

async function failure(code: ErrorCode, work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (caught: unknown) => caught,
  );
  assert.ok(isEngineError(error, code), String(error));
  return `${error.message} ${JSON.stringify(error.details)} ${JSON.stringify(error.cause ?? null)} ${error.stack}`;
}

const ask = { namespace: "eco", query: "ASK {}" };

test("credentials in the URL are sent, and shown nowhere", async () => {
  await using rig = await answeredBy(status(401));
  assert.doesNotMatch(rig.store.description, /s3cret|operator/u);
  const shown = await failure("triplestore_unavailable", rig.store.query(ask));
  assert.match(shown, /refuses the credentials/u);
  assert.doesNotMatch(shown, /s3cret|operator|Basic/u);
  const sent = rig.requests[0]?.headers.authorization;
  assert.equal(sent, `Basic ${Buffer.from("operator:s3cret!").toString("base64")}`);
});

test("a server that is not there is named without its credentials, and worth another try", async () => {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, "close");
  const store = blazegraphTripleStore({
    url: `http://127.0.0.1:${port}/blazegraph`,
    username: "operator",
    password: "s3cret",
    spoolDirectory: "/nowhere",
    clock: manualClock(),
    ids: seededIds(),
  });
  for (const work of [store.ping(), store.query(ask), store.dropNamespace("eco")]) {
    const shown = await failure("triplestore_unavailable", work);
    assert.match(shown, new RegExp(`127\\.0\\.0\\.1:${port}`, "u"));
    assert.doesNotMatch(shown, /s3cret|operator/u);
  }
});

test("a URL that is none is refused without repeating it", () => {
  const clock = manualClock();
  for (const url of ["ftp://a:s3cret@b/", "s3cret", ""]) {
    assert.throws(
      () => blazegraphTripleStore({ url, spoolDirectory: "/nowhere", clock, ids: seededIds() }),
      (error) => isEngineError(error, "config") && !error.message.includes("s3cret"),
    );
  }
});

test("a stack trace becomes what it means", async () => {
  const trace = (exception: string): string =>
    `SPARQL-QUERY: queryStr=ASK {}\njava.util.concurrent.ExecutionException: ${exception}\n\tat java.base/java.util.X\nCaused by: ${exception}\n\tat com.bigdata.Y\n`;
  for (const [code, answerStatus, exception, reason] of [
    ["sparql_syntax", 400, 'org.openrdf.query.MalformedQueryException: Encountered "<EOF>" at line 1', /Encountered/u],
    ["query_limit", 500, "com.bigdata.bop.engine.QueryTimeoutException: Query deadline is expired.", /30000 ms/u],
    ["namespace_not_found", 404, "com.bigdata.rdf.sail.webapp.DatasetNotFoundException: namespace=eco", /eco/u],
    ["triplestore_unavailable", 500, "java.lang.OutOfMemoryError: Java heap space", /500: Java heap space/u],
  ] as const) {
    await using rig = await answeredBy(status(answerStatus, trace(exception)));
    const shown = await failure(code, rig.store.query(ask));
    assert.match(shown, reason);
    assert.doesNotMatch(shown.split("EngineError")[0] ?? "", /java\.|com\.bigdata|\tat /u);
  }
});

test("a query that the server does not end is given up, and the server is told", async () => {
  await using rig = await answeredBy((request, response) => {
    if (request.url?.includes("cancelQuery") === true) response.end();
  });
  const query = failure("query_limit", rig.store.query({ ...ask, timeoutMs: 10_000 }));
  while (rig.requests.length === 0) await rig.clock.settle();
  await rig.clock.advance(11_999);
  assert.equal(rig.requests.length, 1);
  await rig.clock.advance(1);
  assert.match(await query, /ran for more than/u);
  assert.match(rig.requests[1]?.url ?? "", /cancelQuery&queryId=/u);
});

test("an answer over its size is not read to its end", async () => {
  let isClosed = false;
  await using rig = await answeredBy((request, response) => {
    if (request.url?.includes("cancelQuery") === true) {
      response.end();
      return;
    }
    response.on("close", () => {
      isClosed = true;
    });
    const more = (): void => {
      while (response.write("x".repeat(1_000)));
    };
    response.on("drain", more);
    more();
  });
  await failure("query_limit", rig.store.query({ ...ask, maxBytes: 10_000 }));
  assert.equal(isClosed, true);
});

test("an update whose braces do not close is not sent: the server would never answer", async () => {
  await using rig = await answeredBy(status(200));
  for (const update of ["INSERT DATA {", 'INSERT DATA { <urn:s> <urn:p> "}" ', "CLEAR ALL }"]) {
    await failure("sparql_syntax", rig.store.update({ namespace: "eco", update }));
  }
  assert.equal(rig.requests.length, 0);
  await rig.store.update({ namespace: "eco", update: 'INSERT DATA { <urn:s> <urn:p> "{" } # {' });
  assert.equal(rig.requests.length, 1);
});
