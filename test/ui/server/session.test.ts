import assert from "node:assert/strict";
import test from "node:test";
import {
  LOGIN_WINDOW_MS,
  loginLimiter,
  MAX_LOGIN_FAILURES,
  MAX_REMEMBERED_ADDRESSES,
} from "../../../ui/server/access/login-limiter.ts";
import { fakeEngine } from "../../rigs/fake-engine.ts";
import { manualClock } from "../../rigs/manual-clock.ts";
import { type Answer, type Served, served } from "../../rigs/served.ts";

async function logIn(server: Served, body: object = { token: "operator-token" }): Promise<Answer> {
  return await server.request("/api/login", { method: "POST", body });
}

/** `name=value` of the session's cookie. */
function cookieOf(answer: Answer): string {
  return answer.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
}

test("a token opens a session whose cookie scripts and other sites cannot use", async () => {
  await using server = await served([fakeEngine()]);
  const answer = await logIn(server);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, { name: "operator's script", role: "operator", expiresAt: "2030-01-01T00:00:00.000Z" });
  const cookie = answer.headers.get("set-cookie") ?? "";
  assert.match(cookie, /^sheaf_[0-9a-z]{12}=session-1; /);
  for (const attribute of ["HttpOnly", "SameSite=Strict", "Path=/"]) assert.ok(cookie.includes(attribute), cookie);
  assert.ok(!cookie.includes("Secure"), cookie);
  const me = await server.request("/api/me", { headers: { Cookie: cookieOf(answer) } });
  assert.deepEqual(me.body, { name: "operator's script", role: "operator" });
});

test("over https the cookie is for https only", async () => {
  await using server = await served([fakeEngine()], { secure: true });
  assert.match((await logIn(server)).headers.get("set-cookie") ?? "", /; Secure/);
  await using proxied = await served([fakeEngine()]);
  const answer = await proxied.request("/api/login", {
    method: "POST",
    body: { token: "viewer-token" },
    headers: { "X-Forwarded-Proto": "https" },
  });
  assert.match(answer.headers.get("set-cookie") ?? "", /; Secure/);
});

test("a login code works once, and fetching its link does not use it up", async () => {
  await using server = await served([fakeEngine()]);
  const page = await server.request("/login?code=good-code");
  assert.equal(page.status, 200);
  assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
  assert.equal((await logIn(server, { code: "good-code" })).status, 200);
  const again = await logIn(server, { code: "good-code" });
  assert.equal(again.status, 401);
  assert.equal(again.body.error.code, "unauthorized");
});

test("a token in the address is no login", async () => {
  await using server = await served([fakeEngine()]);
  assert.equal((await server.request("/api/runs?token=admin-token")).status, 401);
});

test("logging out ends the session", async () => {
  await using server = await served([fakeEngine()]);
  const headers = { Cookie: cookieOf(await logIn(server)), Origin: server.url };
  assert.equal((await server.request("/api/logout", { method: "POST", headers })).status, 200);
  assert.equal((await server.request("/api/me", { headers })).status, 401);
});

test("what changes something is refused where a page of another site sends the cookie along", async () => {
  const engine = fakeEngine();
  await using server = await served([engine]);
  const Cookie = cookieOf(await logIn(server));
  const cancel = async (headers: Record<string, string>) =>
    await server.request("/api/runs/run-1/reexecute", { method: "POST", headers: { Cookie, ...headers } });
  const elsewhere: readonly Record<string, string>[] = [
    {},
    { Origin: "http://evil.example" },
    { Origin: "null" },
    { "Sec-Fetch-Site": "same-site" },
  ];
  for (const headers of elsewhere) {
    const answer = await cancel(headers);
    assert.equal(answer.status, 403, JSON.stringify(headers));
  }
  assert.deepEqual(engine.calls, []);
  assert.equal((await cancel({ Origin: server.url })).status, 201);
  assert.equal((await cancel({ "Sec-Fetch-Site": "same-origin" })).status, 201);
});

test("a form of another site cannot post JSON as plain text", async () => {
  await using server = await served([fakeEngine()]);
  const Cookie = cookieOf(await logIn(server));
  const answer = await server.request("/api/materialize", {
    method: "POST",
    headers: { Cookie, Origin: server.url, "Content-Type": "text/plain" },
    text: '{"assets":["ingest/list"]}',
  });
  assert.equal(answer.status, 415);
  assert.equal(answer.body.error.code, "unsupported_media_type");
});

test("failed logins are counted by address, and a window later it may try again", async () => {
  const clock = manualClock();
  await using server = await served([fakeEngine()], { clock });
  for (let n = 0; n < MAX_LOGIN_FAILURES; n++) assert.equal((await logIn(server, { token: "wrong" })).status, 401);
  const refused = await logIn(server);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("retry-after"), String(LOGIN_WINDOW_MS / 1000));
  await clock.advance(LOGIN_WINDOW_MS);
  assert.equal((await logIn(server)).status, 200);
});

test("the count of failed logins takes bounded memory, and a /64 is one address", () => {
  const limiter = loginLimiter(manualClock());
  const fail = (address: string): void => {
    for (let n = 0; n < MAX_LOGIN_FAILURES; n++) limiter.failed(address);
  };
  fail("192.0.2.1");
  fail("2001:db8:1:2:3:4:5:6");
  assert.equal(limiter.waitMs("192.0.2.2"), 0);
  assert.equal(limiter.waitMs("2001:db8:1:2::9"), LOGIN_WINDOW_MS);
  assert.equal(limiter.waitMs("2001:db8:1:3::9"), 0);
  for (let n = 0; n < MAX_REMEMBERED_ADDRESSES; n++) limiter.failed(`10.0.${n >> 8}.${n & 255}`);
  assert.equal(limiter.waitMs("192.0.2.1"), 0);
});

test("what changes something is audited with who and what came of it, and logins too", async () => {
  const engine = fakeEngine();
  await using server = await served([engine]);
  await logIn(server);
  await logIn(server, { token: "wrong" });
  await server.request("/api/runs/run-7/reexecute", { method: "POST", token: "operator-token", body: { from: "all" } });
  await server.request("/api/tokens", { method: "POST", token: "operator-token", body: { name: "x", role: "viewer" } });
  await server.request("/api/tokens", { method: "POST", body: { name: "x", role: "viewer" } });
  assert.deepEqual(
    engine.audited.map(({ actor, action, target, outcome }) => [actor?.name ?? null, action, target, outcome]),
    [
      ["operator's script", "login", "127.0.0.1", "done"],
      [null, "login", "127.0.0.1", "refused (401)"],
      ["operator's script", "re-execute run", "run-7", "done"],
      ["operator's script", "create token", "", "refused (403)"],
    ],
  );
  assert.deepEqual(engine.audited[2]?.details, { from: "all" });
  assert.ok(!JSON.stringify(engine.audited).includes("operator-token"));
});
