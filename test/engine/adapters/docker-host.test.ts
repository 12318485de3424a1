import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { dockerHost } from "../../../engine/adapters/docker-host.ts";

/** As Portainer's proxy of a Docker environment answers: below a path, with a key. */
async function portainer(key: string) {
  const server = createServer((request, response) => {
    const known = request.url === "/api/endpoints/2/docker/_ping" && request.headers["x-api-key"] === key;
    response.writeHead(known ? 200 : 403).end(known ? "OK" : "{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/endpoints/2/docker/`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

test("a Docker engine behind a proxy is asked below the proxy's path, with its key", async () => {
  await using proxy = await portainer("k1");
  await dockerHost({ url: proxy.url, apiKey: "k1" }).ping();
});

test("a refused key is told with the status and without the key", async () => {
  await using proxy = await portainer("right");
  await assert.rejects(dockerHost({ url: proxy.url, apiKey: "wrong-secret" }).ping(), (error: Error) => {
    return error.message.includes("HTTP 403") && !error.message.includes("wrong-secret");
  });
});

test("an engine that is not there is told by its address and the reason", async () => {
  await assert.rejects(dockerHost({ url: "tcp://127.0.0.1:1", apiKey: null }).ping(), /127\.0\.0\.1:1: ECONNREFUSED/);
  await assert.rejects(dockerHost({ url: "unix:///nowhere/docker.sock", apiKey: null }).ping(), /ENOENT/);
});

test("credentials in an address are shown nowhere", async () => {
  const docker = dockerHost({ url: "tcp://ada:s3cret@127.0.0.1:1", apiKey: null });
  assert.equal(docker.description, "tcp://127.0.0.1:1");
  await assert.rejects(docker.ping(), (error: Error) => !error.message.includes("s3cret"));
  assert.throws(
    () => dockerHost({ url: "ftp://ada:s3cret@host", apiKey: null }),
    (error: Error) => !error.message.includes("s3cret"),
  );
});

test("an address of another kind is refused with what is expected", () => {
  assert.throws(() => dockerHost({ url: "ftp://host", apiKey: null }), /expected a socket's path/);
});
