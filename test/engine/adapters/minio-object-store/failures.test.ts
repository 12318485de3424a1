import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import { test } from "node:test";
import { inspect } from "node:util";
import { minioObjectStore } from "../../../../engine/adapters/minio-object-store.ts";
import { systemClock } from "../../../../engine/adapters/system-clock.ts";
import { EngineError } from "../../../../engine/core/errors.ts";
import type { ErrorCode } from "../../../../engine/core/errors.ts";
import { manualClock } from "../../../rigs/manual-clock.ts";

const bucket = "gleaner";
const secretKey = "very-secret-key";

/** A store on a server that answers as told. */
async function storeOn(answer: RequestListener) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  const waits: number[] = [];
  const clock = { ...systemClock(), sleep: async (ms: number) => void waits.push(ms) };
  const store = minioObjectStore({
    clock,
    endPoint: `127.0.0.1:${address.port}`,
    port: "",
    useSsl: false,
    accessKey: "access",
    secretKey,
    region: "us-east-1",
  });
  return {
    store,
    server,
    requests,
    waits,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function s3Error(status: number, code: string): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/xml" });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>It says ${code}.</Message></Error>`);
  };
}

for (const [status, code, expected, retryable] of [
  [503, "SlowDown", "store_unavailable", true],
  [500, "InternalError", "store_unavailable", true],
  [502, "", "store_unavailable", true],
  [403, "AccessDenied", "store_unavailable", false],
  [403, "SignatureDoesNotMatch", "store_unavailable", false],
  [404, "NoSuchBucket", "not_found", false],
  [400, "KeyTooLongError", "object_key_refused", false],
  [400, "MetadataTooLarge", "object_metadata_refused", false],
  [400, "EntityTooLarge", "too_large", false],
  [409, "OperationAborted", "store_unavailable", true],
] as const) {
  test(`a put that is answered ${status} ${code} throws ${expected}`, async () => {
    await using rig = await storeOn(s3Error(status, code));
    const error = await errorOf(rig.store.put({ bucket, key: "k", body: "x" }));
    assert.deepEqual([error.code, error.retryable], [expected satisfies ErrorCode, retryable]);
    assert.ok(error.message.includes("127.0.0.1") || error.message.includes("gleaner") || error.message.includes("k"));
    assert.equal(rig.requests.length, retryable ? 3 : 1);
    assert.deepEqual(rig.waits, retryable ? [100, 400] : []);
  });
}

test("an error that passes costs a wait, not the call", async () => {
  let answered = 0;
  await using rig = await storeOn((request, response) => {
    answered += 1;
    if (answered === 1) s3Error(503, "SlowDown")(request, response);
    else response.writeHead(200, { "content-length": "0", etag: '"e"' }).end();
  });
  assert.equal((await rig.store.put({ bucket, key: "k", body: "x" })).etag, "e");
  assert.deepEqual(rig.waits, [100]);
});

test("an abort ends the wait between two tries", async () => {
  const abort = new AbortController();
  const reason = new Error("canceled by ada");
  await using rig = await storeOn(s3Error(503, "SlowDown"));
  const clock = manualClock();
  const endPoint = rig.store.description.replace("http://", "");
  const store = minioObjectStore({ endPoint, useSsl: false, accessKey: "a", secretKey, region: "us-east-1", clock });
  const put = store.put({ bucket, key: "k", body: "x", signal: abort.signal });
  const outcome = assert.rejects(put, (error) => error === reason);
  while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  abort.abort(reason);
  await outcome;
  assert.equal(rig.requests.length, 1);
});

test("a store that is not there is store_unavailable, to be tried again, and names where", async () => {
  const store = minioObjectStore({ endPoint: "127.0.0.1:1", useSsl: false, accessKey: "a", secretKey });
  assert.equal(store.description, "http://127.0.0.1:1");
  const error = await errorOf(store.ping());
  assert.deepEqual([error.code, error.retryable], ["store_unavailable", true]);
  assert.ok(error.message.includes("http://127.0.0.1:1") && error.message.includes("ECONNREFUSED"));
});

test("wrong keys are named as what to check, and no secret is in the error", async () => {
  await using rig = await storeOn(s3Error(403, "SignatureDoesNotMatch"));
  const error = await errorOf(rig.store.ping());
  assert.match(error.message, /check the access key, the secret key and their rights/);
  assert.ok(!inspect([error, rig.store], { depth: 20, showHidden: true }).includes(secretKey));
});

test("keys that may not list the buckets pass the ping", async () => {
  await using rig = await storeOn(s3Error(403, "AccessDenied"));
  await rig.store.ping();
});

test("an abort ends a call that waits for its answer", async () => {
  await using rig = await storeOn(() => undefined);
  const abort = new AbortController();
  const reason = new Error("canceled by ada");
  const calls = [
    rig.store.head({ bucket, key: "k", signal: abort.signal }),
    rig.store.put({ bucket, key: "k", body: "x", signal: abort.signal }),
    rig.store.ping(abort.signal),
  ];
  const outcomes = Promise.all(calls.map((call) => assert.rejects(call, (error) => error === reason)));
  while (rig.requests.length < calls.length) await new Promise((resolve) => setImmediate(resolve));
  abort.abort(reason);
  await outcomes;
});

test("a body that breaks off is an error, not a short object", async () => {
  await using rig = await storeOn((_request, response) => {
    response.writeHead(200, { "content-length": "100000", etag: '"e"', "last-modified": new Date(0).toUTCString() });
    response.write("begin", () => response.destroy());
  });
  const { body } = await rig.store.get({ bucket, key: "k" });
  const error = await errorOf(
    body[Symbol.asyncIterator]()
      .next()
      .then(async () => {
        for await (const chunk of body) assert.ok(chunk.length > 0);
      }),
  );
  assert.deepEqual([error.code, error.retryable], ["store_unavailable", true]);
});

test("a connection that the server closed while it was idle costs one more try, not an error", async () => {
  let answered = 0;
  await using rig = await storeOn((request, response) => {
    answered += 1;
    // The second request on a connection finds it closed, as after a server's own idle limit.
    if (answered === 2) request.socket.destroy();
    else response.writeHead(200, { "content-length": "0", etag: '"e"' }).end();
  });
  await rig.store.put({ bucket, key: "k", body: "1" });
  await rig.store.put({ bucket, key: "k", body: "2" });
  assert.equal(rig.requests.length, 3);
  assert.deepEqual(rig.waits, []);
});

test("many calls share a bounded number of connections", async () => {
  const connections = new Set<unknown>();
  await using rig = await storeOn((request, response) => {
    connections.add(request.socket);
    response.writeHead(200, { "content-length": "0", etag: '"e"' }).end();
  });
  await Promise.all(Array.from({ length: 500 }, (_, index) => rig.store.put({ bucket, key: `k${index}`, body: "x" })));
  assert.equal(rig.requests.length, 500);
  assert.ok(connections.size <= 64, `${connections.size} connections`);
});

test("user metadata beyond ASCII that another tool wrote is read as UTF-8", async () => {
  await using rig = await storeOn((_request, response) => {
    const headers = { "content-length": "0", "X-Amz-Meta-Url": Buffer.from("Zürich").toString("latin1"), etag: '"e"' };
    response.writeHead(200, headers).end();
  });
  assert.deepEqual((await rig.store.head({ bucket, key: "k" }))?.metadata, { url: "Zürich" });
});

test("a part that fails gives the whole upload up", async () => {
  await using rig = await storeOn((request, response) => {
    request.resume();
    const url = request.url ?? "";
    if (request.method === "POST" && url.endsWith("?uploads")) {
      response.end("<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>");
    } else if (url.includes("partNumber=2")) s3Error(500, "InternalError")(request, response);
    else response.writeHead(request.method === "DELETE" ? 204 : 200, { etag: '"e"' }).end();
  });
  const error = await errorOf(rig.store.put({ bucket, key: "k", body: Buffer.alloc(20_000_000) }));
  assert.equal(error.code, "store_unavailable");
  assert.ok(
    rig.requests.some((request) => request === "DELETE /gleaner/k?uploadId=u1"),
    rig.requests.join("\n"),
  );
});

async function errorOf(call: Promise<unknown>): Promise<EngineError> {
  const outcome = await call.then(
    () => null,
    (error: unknown) => error,
  );
  assert.ok(outcome instanceof EngineError, String(outcome));
  return outcome;
}
