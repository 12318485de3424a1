import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress } from "../../../../engine/adapters/minio-object-store/address.ts";
import { isEngineError } from "../../../../engine/core/errors.ts";

test("the address may hold the port, with the port beside it empty, zero, left out or the same", () => {
  for (const port of [undefined, "", " ", 0, "0", 9000, "9000"]) {
    const address = parseAddress({ endPoint: "oss.geocodes.org:9000", port, useSsl: false });
    assert.deepEqual(address, { host: "oss.geocodes.org", port: 9000, url: "http://oss.geocodes.org:9000" });
  }
});

test("the port may stand beside the address", () => {
  const address = parseAddress({ endPoint: "minio", port: "9000", useSsl: true });
  assert.deepEqual(address, { host: "minio", port: 9000, url: "https://minio:9000" });
});

test("without any port the scheme's own is meant", () => {
  assert.deepEqual(parseAddress({ endPoint: "s3.example.org", port: "", useSsl: true }), {
    host: "s3.example.org",
    port: undefined,
    url: "https://s3.example.org",
  });
});

test("addresses of IPv6 are taken with and without brackets", () => {
  assert.deepEqual(parseAddress({ endPoint: "[::1]:9000", useSsl: false }), {
    host: "::1",
    port: 9000,
    url: "http://[::1]:9000",
  });
  assert.equal(parseAddress({ endPoint: "fe80::1", useSsl: false }).host, "fe80::1");
});

test("what is no address, and a second port, is a config error that names what is expected", () => {
  for (const endPoint of ["", "http://minio:9000", "minio/path", "minio:", "a b", "user@minio", "minio:port"]) {
    assert.throws(
      () => parseAddress({ endPoint, useSsl: false }),
      (error) => isEngineError(error, "config") && error.message.includes("host:port"),
      endPoint,
    );
  }
  assert.throws(() => parseAddress({ endPoint: "minio:9000", port: "9001", useSsl: false }), /two ports: 9000 .* 9001/);
  for (const port of ["http", "70000", "-1", "9000.5"]) {
    assert.throws(
      () => parseAddress({ endPoint: "minio", port, useSsl: false }),
      /expected a number up to 65535/,
      port,
    );
  }
});
