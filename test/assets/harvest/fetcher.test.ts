import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer } from "node:net";
import { test } from "node:test";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import type { GetParams } from "../../../assets/harvest/fetcher.ts";
import { MAX_REDIRECTS } from "../../../assets/harvest/fetch/redirects.ts";
import { manualClock, seededIds } from "../../rigs/manual-clock.ts";
import { quickFetcher } from "../../rigs/crawler.ts";
import { closedPort, startSite, type Route } from "../../rigs/site.ts";

function page(url: string, more: Partial<GetParams> = {}): GetParams {
  return { url, accept: "application/ld+json, text/html", maxBytes: 100_000, ...more };
}

async function getOne(route: Route, more: Partial<GetParams> = {}) {
  await using site = await startSite({ "/page": route });
  await using fetcher = quickFetcher();
  const outcome = await fetcher.get(page(`${site.origin}/page`, more));
  return { outcome, requests: site.requests };
}

function textOf(outcome: Awaited<ReturnType<typeof getOne>>["outcome"]): string {
  return outcome.ok ? Buffer.from(outcome.body).toString() : `${outcome.kind}: ${outcome.message}`;
}

test("a page is asked for with gleaner's user agent and the source's Accept", async () => {
  const { outcome, requests } = await getOne({ type: "text/html; charset=x", body: "hello" });
  assert.ok(outcome.ok);
  assert.equal(textOf(outcome), "hello");
  assert.equal(outcome.contentType, "text/html; charset=x");
  assert.equal(outcome.attempts, 1);
  assert.equal(requests[0]?.headers["user-agent"], "EarthCube_DataBot/1.0");
  assert.equal(requests[0]?.headers.accept, "application/ld+json, text/html");
});

const statusKinds = [
  [403, "NotAuthorized", 1],
  [404, "BadURL404", 1],
  [410, "GenericUrlIssue", 1],
  [500, "RepoServerError", 3],
  [503, "GenericUrlIssue", 3],
] as const;
for (const [status, kind, attempts] of statusKinds) {
  test(`status ${status} is counted as ${kind} after ${attempts} attempt(s)`, async () => {
    const { outcome, requests } = await getOne({ status, body: "no" });
    assert.ok(!outcome.ok);
    assert.equal(outcome.kind, kind);
    assert.equal(outcome.status, status);
    assert.equal(outcome.attempts, attempts);
    assert.equal(requests.length, attempts);
    assert.match(outcome.message, new RegExp(`/page answered ${status}\\.$`));
  });
}

test("a page that answers 500 once and then answers is fetched", async () => {
  let tries = 0;
  await using site = await startSite({ "/page": () => (tries++ === 0 ? { status: 500 } : { body: "back" }) });
  await using fetcher = quickFetcher();
  const outcome = await fetcher.get(page(`${site.origin}/page`));
  assert.equal(textOf(outcome), "back");
  assert.equal(outcome.attempts, 2);
});

const encodings = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };
for (const [encoding, pack] of Object.entries(encodings)) {
  test(`an answer packed with ${encoding} is unpacked`, async () => {
    const { outcome } = await getOne({ headers: { "content-encoding": encoding }, body: pack("unpacked text") });
    assert.equal(textOf(outcome), "unpacked text");
  });
}

test("raw deflate, which some servers send as deflate, is unpacked", async () => {
  const { outcome } = await getOne({ headers: { "content-encoding": "deflate" }, body: deflateRawSync("raw text") });
  assert.equal(textOf(outcome), "raw text");
});

test("two layers of packing are undone in reverse order", async () => {
  const body = brotliCompressSync(gzipSync("twice"));
  const { outcome } = await getOne({ headers: { "content-encoding": "gzip, br" }, body });
  assert.equal(textOf(outcome), "twice");
});

test("an empty answer that claims to be packed is empty", async () => {
  const { outcome } = await getOne({ headers: { "content-encoding": "gzip" }, body: "" });
  assert.ok(outcome.ok);
  assert.equal(outcome.body.byteLength, 0);
});

test("a packed bomb is stopped at the size limit", async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  assert.ok(bomb.byteLength < 100_000);
  const { outcome } = await getOne({ headers: { "content-encoding": "gzip" }, body: bomb });
  assert.ok(!outcome.ok);
  assert.equal(outcome.kind, "too_large");
  assert.equal(outcome.attempts, 1);
});

test("broken packing is a failure of its own kind", async () => {
  const { outcome } = await getOne({ headers: { "content-encoding": "gzip" }, body: "not gzip at all" });
  assert.ok(!outcome.ok);
  assert.equal(outcome.kind, "bad_encoding");
});

test("an unknown Content-Encoding is named", async () => {
  const { outcome } = await getOne({ headers: { "content-encoding": "rot13" }, body: "uryyb" });
  assert.ok(!outcome.ok);
  assert.equal(outcome.kind, "bad_encoding");
  assert.match(outcome.message, /"rot13" is not understood/);
});

test("an answer over the size limit is refused, with and without Content-Length", async () => {
  const body = "x".repeat(2_000);
  const whole = await getOne({ body }, { maxBytes: 1_999 });
  assert.ok(!whole.outcome.ok && whole.outcome.kind === "too_large", textOf(whole.outcome));
  const streamed = await getOne(
    { raw: (response) => void (response.write(body.slice(0, 1_000)), response.end(body.slice(1_000))) },
    { maxBytes: 1_999 },
  );
  assert.ok(!streamed.outcome.ok && streamed.outcome.kind === "too_large", textOf(streamed.outcome));
  const exact = await getOne({ body }, { maxBytes: 2_000 });
  assert.equal(textOf(exact.outcome), body);
});

test("an answer without end is cut off at the size limit", async () => {
  const endless = (response: ServerResponse): void => {
    const more = (): void => {
      while (response.write("x".repeat(10_000)));
      response.once("drain", more);
    };
    more();
  };
  const { outcome } = await getOne({ raw: endless });
  assert.ok(!outcome.ok);
  assert.equal(outcome.kind, "too_large");
});

test("with truncate the first bytes are kept and the rest is left", async () => {
  const { outcome } = await getOne({ body: "0123456789" }, { maxBytes: 4, truncate: true });
  assert.ok(outcome.ok);
  assert.equal(textOf(outcome), "0123");
  assert.equal(outcome.truncated, true);
});

test("redirects are followed, relative ones too", async () => {
  await using site = await startSite({
    "/page": { status: 301, headers: { location: "/two?x=1" } },
    "/two?x=1": { status: 307, headers: { location: "{{BASE}}/three" } },
    "/three": { body: "there" },
  });
  await using fetcher = quickFetcher();
  const outcome = await fetcher.get(page(`${site.origin}/page`));
  assert.ok(outcome.ok);
  assert.equal(outcome.url, `${site.origin}/page`);
  assert.equal(outcome.finalUrl, `${site.origin}/three`);
  assert.equal(textOf(outcome), "there");
});

test("redirects in a circle are noticed at once", async () => {
  await using site = await startSite({
    "/page": { status: 302, headers: { location: "/b" } },
    "/b": { status: 302, headers: { location: "/page" } },
  });
  await using fetcher = quickFetcher();
  const outcome = await fetcher.get(page(`${site.origin}/page`));
  assert.ok(!outcome.ok);
  assert.equal(outcome.kind, "bad_redirect");
  assert.match(outcome.message, /in a circle/);
  assert.deepEqual(site.paths(), ["/page", "/b"]);
});

test(`more than ${MAX_REDIRECTS} redirects are too many`, async () => {
  await using site = await startSite();
  for (let hop = 0; hop < 20; hop += 1) site.set(`/${hop}`, { status: 302, headers: { location: `/${hop + 1}` } });
  await using fetcher = quickFetcher();
  const outcome = await fetcher.get(page(`${site.origin}/0`));
  assert.ok(!outcome.ok);
  assert.equal(outcome.kind, "bad_redirect");
  assert.equal(site.requests.length, MAX_REDIRECTS + 1);
});

for (const location of ["file:///etc/passwd", "ftp://example.org/x", "http://"]) {
  test(`a redirect to ${location} is refused`, async () => {
    const { outcome } = await getOne({ status: 302, headers: { location } });
    assert.ok(!outcome.ok);
    assert.equal(outcome.kind, "bad_redirect");
  });
}

test("a redirect to what robots.txt forbids is not followed", async () => {
  await using site = await startSite({
    "/page": { status: 302, headers: { location: "/private" } },
    "/private": "secret",
  });
  await using fetcher = quickFetcher();
  const allows = (url: string): boolean => !url.endsWith("/private");
  const outcome = await fetcher.get(page(`${site.origin}/page`, { allows }));
  assert.ok(!outcome.ok);
  assert.equal(outcome.kind, "robots");
  assert.deepEqual(site.paths(), ["/page"]);
});

for (const url of ["/relative", "file:///etc/passwd", "javascript:1", "not a url", `http://x/${"a".repeat(9_000)}`]) {
  test(`${url.slice(0, 20)} is no URL to fetch`, async () => {
    await using fetcher = quickFetcher();
    const outcome = await fetcher.get(page(url));
    assert.ok(!outcome.ok);
    assert.equal(outcome.kind, "bad_url");
  });
}

test("a refused connection is tried again and named", async () => {
  await using fetcher = quickFetcher();
  const outcome = await fetcher.get(page(`http://127.0.0.1:${await closedPort()}/`));
  assert.ok(!outcome.ok);
  assert.equal(outcome.kind, "refused");
  assert.equal(outcome.attempts, 3);
});

test("a host name that does not resolve is named", async () => {
  await using fetcher = quickFetcher();
  const outcome = await fetcher.get(page("http://no-such-host.invalid/"));
  assert.ok(!outcome.ok);
  assert.equal(outcome.kind, "dns");
});

test("TLS with a server that speaks none fails without another try", async () => {
  await using site = await startSite();
  await using fetcher = quickFetcher();
  const outcome = await fetcher.get(page(site.origin.replace("http:", "https:")));
  assert.ok(!outcome.ok);
  assert.equal(outcome.kind, "tls");
  assert.equal(outcome.attempts, 1);
});

test("a server that speaks no HTTP is a network failure", async () => {
  const server = createServer((socket) => socket.end("SSH-2.0-x\r\n")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  await using fetcher = quickFetcher();
  const outcome = await fetcher.get(page(`http://127.0.0.1:${address.port}/`));
  server.close();
  assert.ok(!outcome.ok);
  assert.equal(outcome.kind, "network");
});

test("an answer that breaks off is tried again", async () => {
  let tries = 0;
  await using site = await startSite({
    "/page": () =>
      tries++ > 0
        ? { body: "whole" }
        : {
            headers: { "content-length": "100" },
            raw: (response) => void response.write("part", () => response.destroy()),
          },
  });
  await using fetcher = quickFetcher();
  assert.equal(textOf(await fetcher.get(page(`${site.origin}/page`))), "whole");
});

test("a server that never answers times out by its headers", async () => {
  await using site = await startSite({ "/page": { raw: () => undefined } });
  await using fetcher = quickFetcher({ timeouts: { headersMs: 50 }, retry: { attempts: 1 } });
  const outcome = await fetcher.get(page(`${site.origin}/page`));
  assert.ok(!outcome.ok);
  assert.equal(outcome.kind, "timeout");
  assert.match(outcome.message, /UND_ERR_HEADERS_TIMEOUT/);
});

test("a server that dribbles for ever is cut off at the total time limit", async () => {
  const clock = manualClock();
  const asked = Promise.withResolvers<void>();
  await using site = await startSite({
    "/page": { raw: (response) => void response.write("a", () => asked.resolve()) },
  });
  await using fetcher = quickFetcher({ clock, timeouts: { totalMs: 5_000 } });
  const outcome = fetcher.get(page(`${site.origin}/page`, { attempts: 1 }));
  await asked.promise;
  await clock.advance(5_000);
  const failure = await outcome;
  assert.ok(!failure.ok);
  assert.equal(failure.kind, "timeout");
  assert.match(failure.message, /not done within 5000 ms/);
  assert.equal(clock.pending, 0);
});

test("a fetch that ends leaves no timer behind", async () => {
  const clock = manualClock();
  await using site = await startSite({ "/page": "hello" });
  await using fetcher = quickFetcher({ clock });
  assert.equal(textOf(await fetcher.get(page(`${site.origin}/page`))), "hello");
  await clock.settle();
  assert.equal(clock.pending, 0);
});

const retryAfters = [
  ["7", 7_000],
  ["Thu, 01 Jan 2026 00:00:09 GMT", 9_000],
  ["86400", 120_000],
] as const;
for (const [header, waitMs] of retryAfters) {
  test(`after 429 with Retry-After: ${header} the host is left alone for ${waitMs} ms`, async () => {
    const clock = manualClock();
    let tries = 0;
    await using site = await startSite({
      "/page": () => (tries++ === 0 ? { status: 429, headers: { "retry-after": header } } : { body: "now" }),
      "/other": "other",
    });
    await using fetcher = quickFetcher({ clock, ids: seededIds(1, clock), retry: { maxRetryAfterMs: 120_000 } });
    const outcome = fetcher.get(page(`${site.origin}/page`));
    while (clock.nextTimerAtMs() !== clock.now() + waitMs) await clock.settle();
    const other = fetcher.get(page(`${site.origin}/other`));
    // By the time that a later request to another host is through, this one would have been sent.
    await using neighbour = await startSite({ "/": "hello" });
    await fetcher.get(page(`${neighbour.origin}/`));
    await clock.advance(waitMs - 1);
    assert.deepEqual(site.paths(), ["/page"], "the other page of the host waits too");
    await clock.advance(1);
    assert.equal(textOf(await outcome), "now");
    assert.equal(textOf(await other), "other");
  });
}

test("an abort ends a fetch that hangs with the signal's reason", async () => {
  const asked = Promise.withResolvers<void>();
  await using site = await startSite({ "/page": { raw: () => asked.resolve() } });
  await using fetcher = quickFetcher();
  const controller = new AbortController();
  const outcome = fetcher.get(page(`${site.origin}/page`, { signal: controller.signal, attempts: 1 }));
  await asked.promise;
  const reason = new Error("canceled by the operator");
  controller.abort(reason);
  await assert.rejects(outcome, reason);
});

test("an abort ends the wait between two attempts", async () => {
  const clock = manualClock();
  await using site = await startSite({ "/page": { status: 500 } });
  await using fetcher = quickFetcher({ clock, retry: { baseDelayMs: 60_000, maxDelayMs: 60_000 } });
  const controller = new AbortController();
  const outcome = fetcher.get(page(`${site.origin}/page`, { signal: controller.signal }));
  while (site.requests.length === 0 || clock.pending !== 1) await clock.settle();
  controller.abort(new Error("stop"));
  await assert.rejects(outcome, /stop/);
  assert.equal(clock.pending, 0);
});

test("a password in a URL is sent and never shown", async () => {
  await using site = await startSite({ "/page": { status: 404 } });
  await using fetcher = quickFetcher();
  const outcome = await fetcher.get(page(`${site.origin.replace("//", "//ann:s%40cret@")}/page`));
  assert.ok(!outcome.ok);
  assert.equal(site.requests[0]?.headers.authorization, `Basic ${Buffer.from("ann:s@cret").toString("base64")}`);
  assert.doesNotMatch(outcome.message, /cret/);
});
