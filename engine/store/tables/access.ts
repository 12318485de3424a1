import type { JsonObject } from "../../core/json.ts";
import type { Connection } from "../database.ts";

export type Role = "viewer" | "operator" | "admin";

export interface TokenRow {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly role: Role;
  readonly hash: string;
  readonly created_at_ms: number;
  readonly created_by: string;
  readonly last_used_at_ms: number | null;
  readonly revoked_at_ms: number | null;
}

export interface NewToken {
  readonly uid: string;
  readonly name: string;
  readonly role: Role;
  readonly hash: string;
  readonly nowMs: number;
  /** Who made it, or which source gave it. */
  readonly by: string;
}

export interface SessionRow {
  readonly hash: string;
  readonly actor: string;
  readonly role: Role;
  readonly token_id: number | null;
  readonly created_at_ms: number;
  readonly expires_at_ms: number;
}

export interface AuditEntry {
  readonly actor: string;
  readonly role: Role | "none";
  readonly action: string;
  readonly target: string;
  readonly outcome: string;
  readonly details: JsonObject | null;
}

export type AccessTable = ReturnType<typeof accessTable>;

/** Who may do what, and who did: tokens, sessions and login codes by their hashes, and the audit trail. */
export function accessTable(db: Connection) {
  const sql = {
    insertToken: db.prepare(
      "INSERT INTO tokens (uid, name, role, hash, created_at_ms, created_by) VALUES (?, ?, ?, ?, ?, ?)",
    ),
    acceptToken: db.prepare(
      "INSERT INTO tokens (uid, name, role, hash, created_at_ms, created_by) VALUES (?, ?, ?, ?, ?, ?) " +
        "ON CONFLICT (hash) DO UPDATE SET name = excluded.name, role = excluded.role, revoked_at_ms = NULL",
    ),
    acceptedBefore: db.prepare<[string, string, string], { uid: string }>(
      "SELECT uid FROM tokens WHERE created_by = ? AND name = ? AND hash <> ? AND revoked_at_ms IS NULL",
    ),
    tokenByHash: db.prepare<[string], TokenRow>("SELECT * FROM tokens WHERE hash = ? AND revoked_at_ms IS NULL"),
    tokens: db.prepare<[], TokenRow>("SELECT * FROM tokens ORDER BY id"),
    useToken: db.prepare("UPDATE tokens SET last_used_at_ms = ? WHERE id = ?"),
    revokeToken: db.prepare("UPDATE tokens SET revoked_at_ms = ? WHERE uid = ? AND revoked_at_ms IS NULL"),
    dropTokenSessions: db.prepare("DELETE FROM sessions WHERE token_id = (SELECT id FROM tokens WHERE uid = ?)"),
    insertSession: db.prepare(
      "INSERT INTO sessions (hash, actor, role, token_id, created_at_ms, expires_at_ms) VALUES (?, ?, ?, ?, ?, ?)",
    ),
    session: db.prepare<[string, number], SessionRow>("SELECT * FROM sessions WHERE hash = ? AND expires_at_ms > ?"),
    dropSession: db.prepare("DELETE FROM sessions WHERE hash = ?"),
    dropExpired: db.prepare("DELETE FROM sessions WHERE expires_at_ms <= ?"),
    insertCode: db.prepare("INSERT INTO login_codes (hash, role, expires_at_ms) VALUES (?, ?, ?)"),
    takeCode: db.prepare<[string, number], { role: Role }>(
      "DELETE FROM login_codes WHERE hash = ? AND expires_at_ms > ? RETURNING role",
    ),
    dropCodes: db.prepare("DELETE FROM login_codes WHERE expires_at_ms <= ?"),
    audit: db.prepare(
      "INSERT INTO audit (at_ms, actor, role, action, target, outcome, details) VALUES (?, ?, ?, ?, ?, ?, ?)",
    ),
  };
  /** Ends the token and every session that it opened. */
  const revokeToken = (uid: string, nowMs: number): boolean => {
    sql.dropTokenSessions.run(uid);
    return sql.revokeToken.run(nowMs, uid).changes > 0;
  };
  return {
    revokeToken,
    addToken: (token: NewToken): void => {
      sql.insertToken.run(token.uid, token.name, token.role, token.hash, token.nowMs, token.by);
    },
    /** Makes a given text a token, again if it was revoked; one that the same source gave under this name before ends. */
    acceptToken(token: NewToken): void {
      for (const { uid } of sql.acceptedBefore.all(token.by, token.name, token.hash)) revokeToken(uid, token.nowMs);
      sql.acceptToken.run(token.uid, token.name, token.role, token.hash, token.nowMs, token.by);
    },
    /** Ends what a source gave under a name and gives no more; false where there was none. */
    forgetAccepted(token: Pick<NewToken, "by" | "name" | "nowMs">): boolean {
      const given = sql.acceptedBefore.all(token.by, token.name, "");
      for (const { uid } of given) revokeToken(uid, token.nowMs);
      return given.length > 0;
    },
    tokenByHash: (hash: string): TokenRow | undefined => sql.tokenByHash.get(hash),
    tokens: (): readonly TokenRow[] => sql.tokens.all(),
    useToken: (id: number, nowMs: number): void => {
      sql.useToken.run(nowMs, id);
    },
    addSession: (session: Omit<SessionRow, "created_at_ms"> & { readonly nowMs: number }): void => {
      sql.dropExpired.run(session.nowMs);
      sql.insertSession.run(
        session.hash,
        session.actor,
        session.role,
        session.token_id,
        session.nowMs,
        session.expires_at_ms,
      );
    },
    session: (hash: string, nowMs: number): SessionRow | undefined => sql.session.get(hash, nowMs),
    dropSession: (hash: string): void => {
      sql.dropSession.run(hash);
    },
    addCode: (code: { hash: string; role: Role; nowMs: number; expiresAtMs: number }): void => {
      sql.dropCodes.run(code.nowMs);
      sql.insertCode.run(code.hash, code.role, code.expiresAtMs);
    },
    /** The code's role, once; undefined where it is unknown, used or too old. */
    takeCode: (hash: string, nowMs: number): Role | undefined => sql.takeCode.get(hash, nowMs)?.role,
    audit(entry: AuditEntry, nowMs: number): void {
      const details = entry.details === null ? null : JSON.stringify(entry.details);
      sql.audit.run(nowMs, entry.actor, entry.role, entry.action, entry.target, entry.outcome, details);
    },
  };
}
