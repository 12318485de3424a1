import { timingSafeEqual } from "node:crypto";
import { sha256 } from "../core/json.ts";
import type { Clock, IdSource } from "../core/ports/time.ts";
import type { Store } from "../store/store.ts";
import type { AccessTable, TokenRow } from "../store/tables/access.ts";
import type { Access, Actor } from "./operations.ts";
import { instant, instantOrNull } from "./queries/instants.ts";

/** A session ends this long after its login, however much it is used. */
export const SESSION_MS = 12 * 3_600_000;
/** A token's last use is written at most this often. */
export const LAST_USED_INTERVAL_MS = 60_000;
const SECRET_BYTES = 32;
const TOKEN_PREFIX = "sheaf_";
/** Who makes the tokens that settings give. */
const ENVIRONMENT = "environment";

export interface OpenAccessParams {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
}

/**
 * Tokens, sessions and login codes. Secrets have 256 random bits and only their SHA-256 is kept: a lookup compares
 * hashes, so that its time tells nothing of the secret.
 */
export function openAccess(params: OpenAccessParams): Access {
  const { store } = params;
  return {
    ...tokenCalls(params),
    ...sessionCalls(params),
    audit: ({ actor, action, target, outcome, details }) =>
      store.writer.write((tx) =>
        tx.access.audit(
          {
            actor: actor?.name ?? "nobody",
            role: actor?.role ?? "none",
            action,
            target,
            outcome,
            details: details ?? null,
          },
          tx.nowMs,
        ),
      ),
  };
}

type TokenCall = "createToken" | "acceptToken" | "forgetToken" | "tokens" | "revokeToken" | "actorOfToken";

function tokenCalls({ store, clock, ids }: OpenAccessParams): Pick<Access, TokenCall> {
  const table = store.tables.access;
  const lastUsedMs = new Map<number, number>();

  /** Nobody waits for this: where it cannot be written, the store has told of it already. */
  const noteUse = (row: TokenRow): void => {
    const nowMs = clock.now();
    const lastMs = lastUsedMs.get(row.id) ?? row.last_used_at_ms;
    if (lastMs !== null && nowMs - lastMs < LAST_USED_INTERVAL_MS) return;
    lastUsedMs.set(row.id, nowMs);
    store.writer.write((tx) => tx.access.useToken(row.id, nowMs)).catch(() => lastUsedMs.delete(row.id));
  };

  return {
    async createToken({ name, role, by }) {
      const token = `${TOKEN_PREFIX}${ids.secret(SECRET_BYTES)}`;
      const uid = ids.uuid();
      await store.writer.write((tx) =>
        tx.access.addToken({ uid, name, role, hash: sha256(token), nowMs: tx.nowMs, by }),
      );
      return { id: uid, token };
    },
    async acceptToken({ name, role, token }) {
      const known = tokenRow(table, token);
      if (known?.role === role && known.name === name) return;
      const uid = ids.uuid();
      await store.writer.write((tx) => {
        tx.access.acceptToken({ uid, name, role, hash: sha256(token), nowMs: tx.nowMs, by: ENVIRONMENT });
        const entry = {
          actor: ENVIRONMENT,
          role,
          action: "accept token",
          target: name,
          outcome: "done",
          details: null,
        };
        tx.access.audit(entry, tx.nowMs);
      });
    },
    forgetToken: (name) =>
      store.writer.write((tx) => {
        if (!tx.access.forgetAccepted({ by: ENVIRONMENT, name, nowMs: tx.nowMs })) return;
        const entry = {
          actor: ENVIRONMENT,
          role: "none",
          action: "forget token",
          target: name,
          outcome: "done",
        } as const;
        tx.access.audit({ ...entry, details: null }, tx.nowMs);
      }),
    tokens: () => table.tokens().map(tokenView),
    revokeToken: (id) => store.writer.write((tx) => tx.access.revokeToken(id, tx.nowMs)),
    actorOfToken(token) {
      const row = tokenRow(table, token);
      if (row === null) return null;
      noteUse(row);
      return actorOf(row.name, row);
    },
  };
}

type SessionCall = "createLoginCode" | "openSession" | "actorOfSession" | "closeSession";

function sessionCalls({ store, clock, ids }: OpenAccessParams): Pick<Access, SessionCall> {
  const table = store.tables.access;
  return {
    async createLoginCode({ role, ttlMs }) {
      const code = ids.secret(SECRET_BYTES);
      await store.writer.write((tx) =>
        tx.access.addCode({ hash: sha256(code), role, nowMs: tx.nowMs, expiresAtMs: tx.nowMs + ttlMs }),
      );
      return code;
    },
    openSession(secret) {
      const session = ids.secret(SECRET_BYTES);
      return store.writer.write((tx) => {
        const who =
          "code" in secret
            ? byCode(tx.access.takeCode(sha256(secret.code), tx.nowMs))
            : byToken(tokenRow(tx.access, secret.token));
        if (who === null) return null;
        const { actor, tokenId } = who;
        const expiresAtMs = tx.nowMs + SESSION_MS;
        tx.access.addSession({
          hash: sha256(session),
          actor: actor.name,
          role: actor.role,
          token_id: tokenId,
          expires_at_ms: expiresAtMs,
          nowMs: tx.nowMs,
        });
        return { session, actor, expiresAtMs };
      });
    },
    actorOfSession(session) {
      const hash = sha256(session);
      const row = table.session(hash, clock.now());
      return row !== undefined && isSameHash(row.hash, hash) ? actorOf(row.actor, row) : null;
    },
    closeSession: (session) => store.writer.write((tx) => tx.access.dropSession(sha256(session))),
  };
}

function tokenRow(table: AccessTable, token: string): TokenRow | null {
  const hash = sha256(token);
  const row = table.tokenByHash(hash);
  return row !== undefined && isSameHash(row.hash, hash) ? row : null;
}

function byToken(row: TokenRow | null): { actor: Actor; tokenId: number } | null {
  return row === null ? null : { actor: actorOf(row.name, row), tokenId: row.id };
}

function byCode(role: Actor["role"] | undefined): { actor: Actor; tokenId: null } | null {
  return role === undefined ? null : { actor: actorOf(`${role} by link`, { role }), tokenId: null };
}

function actorOf(name: string, { role }: Pick<Actor, "role">): Actor {
  return Object.freeze({ name, role });
}

function tokenView(row: TokenRow): ReturnType<Access["tokens"]>[number] {
  return {
    id: row.uid,
    name: row.name,
    role: row.role,
    createdAt: instant(row.created_at_ms),
    createdBy: row.created_by,
    lastUsedAt: instantOrNull(row.last_used_at_ms),
    revokedAt: instantOrNull(row.revoked_at_ms),
  };
}

function isSameHash(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}
