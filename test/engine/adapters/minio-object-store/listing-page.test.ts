import assert from "node:assert/strict";
import { test } from "node:test";
import { pageQuery, parsePage, unquoted } from "../../../../engine/adapters/minio-object-store/listing-page.ts";
import { isEngineError } from "../../../../engine/core/errors.ts";

function page(content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</ListBucketResult>`;
}

function object(key: string, etag = "&quot;abc&quot;"): string {
  return `<Contents><Key>${key}</Key><LastModified>2026-11-22T17:53:09.123Z</LastModified><ETag>${etag}</ETag><Size>12</Size><StorageClass>STANDARD</StorageClass></Contents>`;
}

test("keys in URL encoding are decoded, and those that look like numbers stay as they are", () => {
  const keys = ["007", "1e5", "0x1F", "a+b%2Bc%20d", "%E6%97%A5"].map((key) => object(key)).join("");
  const parsed = parsePage(page(`<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>${keys}`));
  assert.deepEqual(
    parsed.objects.map(({ key }) => key),
    ["007", "1e5", "0x1F", "a b+c d", "日"],
  );
  assert.deepEqual(parsed.objects[0], {
    key: "007",
    sizeBytes: 12,
    etag: "abc",
    modifiedAtMs: Date.UTC(2026, 10, 22, 17, 53, 9, 123),
  });
  assert.equal(parsed.nextToken, null);
});

test("keys of a store that does not encode are unescaped", () => {
  const parsed = parsePage(page(`<IsTruncated>false</IsTruncated>${object("a+b &lt;&amp;amp;&#x26;&#38;")}`));
  assert.equal(parsed.objects[0]?.key, "a+b <&amp;&&");
});

test("a page that is not the last has the token of the next", () => {
  const truncated = `<IsTruncated>true</IsTruncated><NextContinuationToken>123</NextContinuationToken>${object("a")}`;
  assert.equal(parsePage(page(truncated)).nextToken, "123");
});

test("folders are told with their slash", () => {
  const folders = "<CommonPrefixes><Prefix>orgs%2Fb+c%2F</Prefix></CommonPrefixes>";
  const parsed = parsePage(page(`<EncodingType>url</EncodingType>${folders}`));
  assert.deepEqual(parsed.folders, ["orgs/b c/"]);
  assert.deepEqual(parsed.objects, []);
});

test("an ETag loses the quotes around it, however they are written", () => {
  for (const etag of ['"abc-2"', "&quot;abc-2&quot;", "&#34;abc-2&#34;", "abc-2"]) {
    assert.equal(parsePage(page(object("k", etag))).objects[0]?.etag, "abc-2");
  }
  assert.equal(unquoted('"a"b"'), 'a"b');
});

test("an answer that is no listing is store_unavailable", () => {
  assert.throws(
    () => parsePage("<html>Welcome</html>"),
    (error) => isEngineError(error, "store_unavailable"),
  );
});

test("the query of a page escapes what S3 signs escaped", () => {
  const query = pageQuery({ prefix: "a b/(c)+'é'*!", delimiter: "/", token: "t=+/" });
  assert.equal(
    query,
    "continuation-token=t%3D%2B%2F&delimiter=%2F&encoding-type=url&list-type=2&max-keys=1000" +
      "&prefix=a%20b%2F%28c%29%2B%27%C3%A9%27%2A%21",
  );
});
