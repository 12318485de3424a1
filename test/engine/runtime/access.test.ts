import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "../../../engine/store/database.ts";
import { LAST_USED_INTERVAL_MS, openAccess, SESSION_MS } from "../../../engine/runtime/access.ts";
import type { Access } from "../../../engine/runtime/operations.ts";
import { type RecordRig, recordRig } from "../../rigs/record.ts";

function accessOf(rig: RecordRig): Access {
  return openAccess(rig);
}

test("a token lets its bearer in with its role, and only its hash is kept", async () => {
  await using rig = await recordRig();
  const access = accessOf(rig);
  const made = await rig.during(access.createToken({ name: "ci", role: "operator", by: "ada" }));
  assert.match(made.token, /^sheaf_[A-Za-z0-9_-]{43}$/);
  assert.deepEqual(access.actorOfToken(made.token), { name: "ci", role: "operator" });
  assert.equal(access.actorOfToken(`${made.token}x`), null);
  assert.equal(access.actorOfToken(""), null);
  await rig.clock.settle();
  assert.deepEqual(access.tokens(), [
    {
      id: made.id,
      name: "ci",
      role: "operator",
      createdAt: "2026-01-01T00:00:00.000Z",
      createdBy: "ada",
      lastUsedAt: "2026-01-01T00:00:00.000Z",
      revokedAt: null,
    },
  ]);
  const outside = openDatabase(rig.file);
  const kept = JSON.stringify(outside.prepare("SELECT * FROM tokens").all());
  outside.close();
  assert.ok(!kept.includes(made.token.slice("sheaf_".length)));
});

test("a token's last use is written at most once a minute", async () => {
  await using rig = await recordRig();
  const access = accessOf(rig);
  const { token } = await rig.during(access.createToken({ name: "ci", role: "viewer", by: "ada" }));
  const uses: (string | null)[] = [];
  for (const waitMs of [0, LAST_USED_INTERVAL_MS - 1, 1]) {
    await rig.clock.advance(waitMs);
    access.actorOfToken(token);
    access.actorOfToken(token);
    await rig.clock.settle();
    uses.push(access.tokens()[0]?.lastUsedAt ?? null);
  }
  assert.deepEqual(uses, ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z", "2026-01-01T00:01:00.000Z"]);
});

test("a revoked token lets nobody in and ends the sessions that it opened", async () => {
  await using rig = await recordRig();
  const access = accessOf(rig);
  const made = await rig.during(access.createToken({ name: "ada", role: "admin", by: "start" }));
  const other = await rig.during(access.createToken({ name: "bob", role: "viewer", by: "ada" }));
  const session = await rig.during(access.openSession({ token: made.token }));
  const others = await rig.during(access.openSession({ token: other.token }));
  assert.deepEqual(access.actorOfSession(session?.session ?? ""), { name: "ada", role: "admin" });
  assert.equal(await rig.during(access.revokeToken(made.id)), true);
  assert.equal(access.actorOfToken(made.token), null);
  assert.equal(access.actorOfSession(session?.session ?? ""), null);
  assert.equal(await rig.during(access.openSession({ token: made.token })), null);
  assert.deepEqual(access.actorOfSession(others?.session ?? ""), { name: "bob", role: "viewer" });
  assert.equal(await rig.during(access.revokeToken(made.id)), false);
  assert.equal(await rig.during(access.revokeToken("unknown")), false);
});

test("a session ends at its time however much it is used, and at once when it is closed", async () => {
  await using rig = await recordRig();
  const access = accessOf(rig);
  const { token } = await rig.during(access.createToken({ name: "ada", role: "admin", by: "start" }));
  const opened = await rig.during(access.openSession({ token }));
  const closed = await rig.during(access.openSession({ token }));
  assert.equal(opened?.expiresAtMs, rig.clock.now() + SESSION_MS);
  await rig.during(access.closeSession(closed?.session ?? ""));
  assert.equal(access.actorOfSession(closed?.session ?? ""), null);
  for (let hour = 1; hour < 12; hour++) {
    await rig.clock.advance(3_600_000);
    assert.ok(access.actorOfSession(opened?.session ?? ""), `hour ${hour}`);
  }
  await rig.clock.advance(3_600_000);
  assert.equal(access.actorOfSession(opened?.session ?? ""), null);
});

test("a login code opens one session, within its time", async () => {
  await using rig = await recordRig();
  const access = accessOf(rig);
  const code = await rig.during(access.createLoginCode({ role: "admin", ttlMs: 600_000 }));
  const late = await rig.during(access.createLoginCode({ role: "admin", ttlMs: 600_000 }));
  const attempts = [access.openSession({ code }), access.openSession({ code })];
  const opened = await rig.during(Promise.all(attempts));
  assert.deepEqual(
    opened.map((one) => one?.actor ?? null),
    [{ name: "admin by link", role: "admin" }, null],
  );
  await rig.clock.advance(600_000);
  assert.equal(await rig.during(access.openSession({ code: late })), null);
  assert.equal(await rig.during(access.openSession({ code: "guessed" })), null);
});

test("a text that settings give is a token of the given role after each start, whatever became of it before", async () => {
  await using rig = await recordRig();
  const access = accessOf(rig);
  const accept = (token: string, role: "admin" | "viewer" = "admin"): Promise<void> =>
    rig.during(access.acceptToken({ name: "SHEAF_ADMIN_TOKEN", role, token }));
  await accept("first secret");
  await accept("first secret");
  assert.deepEqual(access.actorOfToken("first secret"), { name: "SHEAF_ADMIN_TOKEN", role: "admin" });
  assert.equal(access.tokens().length, 1);
  await rig.during(access.revokeToken(access.tokens()[0]?.id ?? ""));
  assert.equal(access.actorOfToken("first secret"), null);
  await accept("first secret");
  assert.equal(access.actorOfToken("first secret")?.role, "admin");
  await accept("first secret", "viewer");
  assert.equal(access.actorOfToken("first secret")?.role, "viewer");
});

test("the text that settings gave before is no token any more once they give another", async () => {
  await using rig = await recordRig();
  const access = accessOf(rig);
  const own = await rig.during(access.createToken({ name: "SHEAF_ADMIN_TOKEN", role: "admin", by: "ada" }));
  for (const token of ["old secret", "new secret"]) {
    await rig.during(access.acceptToken({ name: "SHEAF_ADMIN_TOKEN", role: "admin", token }));
  }
  assert.equal(access.actorOfToken("old secret"), null);
  assert.ok(access.actorOfToken("new secret"));
  assert.ok(access.actorOfToken(own.token));
});

test("what was done and who did it stand in the audit trail, secrets do not", async () => {
  await using rig = await recordRig();
  const access = accessOf(rig);
  await rig.during(access.acceptToken({ name: "SHEAF_ADMIN_TOKEN", role: "admin", token: "a secret" }));
  const actor = { name: "ada", role: "operator" } as const;
  await rig.during(
    access.audit({ actor, action: "cancel run", target: "run", outcome: "done", details: { why: "test" } }),
  );
  await rig.during(access.audit({ actor: null, action: "login", target: "127.0.0.1", outcome: "refused (401)" }));
  const { items } = rig.queries.audit({});
  assert.deepEqual(
    items.map((entry) => [entry.actor, entry.role, entry.action, entry.target, entry.outcome, entry.details]),
    [
      ["nobody", "none", "login", "127.0.0.1", "refused (401)", null],
      ["ada", "operator", "cancel run", "run", "done", '{"why":"test"}'],
      ["environment", "admin", "accept token", "SHEAF_ADMIN_TOKEN", "done", null],
    ],
  );
  assert.ok(!JSON.stringify(items).includes("a secret"));
});

test("a token that settings give no more lets nobody in, and its sessions end", async () => {
  await using rig = await recordRig();
  const access = accessOf(rig);
  await rig.during(access.acceptToken({ name: "SHEAF_ADMIN_TOKEN", role: "admin", token: "a secret" }));
  const own = await rig.during(access.createToken({ name: "SHEAF_ADMIN_TOKEN", role: "viewer", by: "ada" }));
  const opened = await rig.during(access.openSession({ token: "a secret" }));
  await rig.during(access.forgetToken("SHEAF_ADMIN_TOKEN"));
  assert.equal(access.actorOfToken("a secret"), null);
  assert.equal(access.actorOfSession(opened?.session ?? ""), null);
  assert.equal(access.actorOfToken(own.token)?.role, "viewer");
  await rig.during(access.acceptToken({ name: "SHEAF_ADMIN_TOKEN", role: "admin", token: "a secret" }));
  assert.equal(access.actorOfToken("a secret")?.role, "admin");
});
