import { sha256 } from "../core/json.ts";
import type { Clock, IdSource } from "../core/ports/time.ts";
import type { Store } from "../store/store.ts";
import type { Access, Actor } from "./operations.ts";

/** A session ends this long after it was opened, used or not. */
export const SESSION_MS = 12 * 3_600_000;
/** A token's last use is written at most this often. */
export const LAST_USED_INTERVAL_MS = 60_000;

const TOKEN_PREFIX = "sheaf_";
const SECRET_BYTES = 32;

export interface OpenAccessParams {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
}

/**
 * Tokens, sessions and login codes of 256 random bits each. Only their SHA-256 is kept, and they are found by it, so
 * that neither the database nor the time that a look-up takes gives one away.
 */
export function openAccess({ store, clock, ids }: OpenAccessParams): Access {
  const { access } = store.tables;
  const lastUsedAtMs = new Map<number, number>();

  const noteUse = (tokenId: number): void => {
    const now = clock.now();
    if (now - (lastUsedAtMs.get(tokenId) ?? Number.NEGATIVE_INFINITY) < LAST_USED_INTERVAL_MS) return;
    lastUsedAtMs.set(tokenId, now);
    store.writer.write((tx) => tx.access.useToken(tokenId, tx.nowMs)).catch(() => lastUsedAtMs.delete(tokenId));
  };

  const tokenOf = (token: string) => access.tokenByHash(sha256(token));

  return {
    async createToken({ name, role, by }) {
      const token = `${TOKEN_PREFIX}${ids.secret(SECRET_BYTES)}`;
      const id = ids.uuid();
      await store.writer.write((tx) =>
        tx.access.addToken({ uid: id, name, role, hash: sha256(token), nowMs: tx.nowMs, by }),
      );
      return { id, token };
    },
    async acceptToken({ name, role, token }) {
      const hash = sha256(token);
      await store.writer.write((tx) => {
        const known = tx.access.tokenByHash(hash);
        if (known?.role === role) return;
        if (known !== undefined) tx.access.revokeToken(known.uid, tx.nowMs);
        else tx.access.addToken({ uid: ids.uuid(), name, role, hash, nowMs: tx.nowMs, by: "environment" });
      });
    },
    tokens: () =>
      access.tokens().map((row) => ({
        id: row.uid,
        name: row.name,
        role: row.role,
        createdAt: instant(row.created_at_ms),
        createdBy: row.created_by,
        lastUsedAt: row.last_used_at_ms === null ? null : instant(row.last_used_at_ms),
        revokedAt: row.revoked_at_ms === null ? null : instant(row.revoked_at_ms),
      })),
    revokeToken: (id) => store.writer.write((tx) => tx.access.revokeToken(id, tx.nowMs)),
    actorOfToken(token) {
      const row = tokenOf(token);
      if (row === undefined) return null;
      noteUse(row.id);
      return { name: row.name, role: row.role };
    },
    async createLoginCode({ role, ttlMs }) {
      const code = ids.secret(SECRET_BYTES);
      await store.writer.write((tx) => {
        tx.access.addCode({ hash: sha256(code), role, nowMs: tx.nowMs, expiresAtMs: tx.nowMs + ttlMs });
      });
      return code;
    },
    async openSession(secret) {
      const session = ids.secret(SECRET_BYTES);
      return store.writer.write((tx) => {
        const opener = openerOf(secret, { takeCode: (hash) => tx.access.takeCode(hash, tx.nowMs), tokenOf });
        if (opener === null) return null;
        const expiresAtMs = tx.nowMs + SESSION_MS;
        tx.access.addSession({
          hash: sha256(session),
          actor: opener.actor.name,
          role: opener.actor.role,
          token_id: opener.tokenId,
          expires_at_ms: expiresAtMs,
          nowMs: tx.nowMs,
        });
        return { session, actor: opener.actor, expiresAtMs };
      });
    },
    actorOfSession(session) {
      const row = access.session(sha256(session), clock.now());
      return row === undefined ? null : { name: row.actor, role: row.role };
    },
    closeSession: (session) => store.writer.write((tx) => tx.access.dropSession(sha256(session))),
    audit: ({ actor, action, target, outcome, details }) =>
      store.writer.write((tx) => {
        const who = { actor: actor?.name ?? "nobody", role: actor?.role ?? ("none" as const) };
        tx.access.audit({ ...who, action, target, outcome, details: details ?? null }, tx.nowMs);
      }),
  };
}

interface OpenerLookups {
  readonly takeCode: (hash: string) => Actor["role"] | undefined;
  readonly tokenOf: (
    token: string,
  ) => { readonly id: number; readonly name: string; readonly role: Actor["role"] } | undefined;
}

/** Who a code or a token lets in; null where it is neither, or was used, or is too old. */
function openerOf(
  secret: { readonly code: string } | { readonly token: string },
  lookups: OpenerLookups,
): { actor: Actor; tokenId: number | null } | null {
  if ("code" in secret) {
    const role = lookups.takeCode(sha256(secret.code));
    return role === undefined ? null : { actor: { name: `${role} by link`, role }, tokenId: null };
  }
  const token = lookups.tokenOf(secret.token);
  return token === undefined ? null : { actor: { name: token.name, role: token.role }, tokenId: token.id };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
