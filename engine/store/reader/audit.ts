import type { Connection } from "../database.ts";
import type { Role } from "../tables/access.ts";
import { type Cursors, pageLimit, pageOf, type PageRequest, type RowPage } from "./page.ts";

export interface AuditRow {
  readonly id: number;
  readonly at_ms: number;
  readonly actor: string;
  readonly role: Role | "none";
  readonly action: string;
  readonly target: string;
  readonly outcome: string;
  readonly details: string | null;
}

/** Who did what, newest first. */
export function listAudit(db: Connection, cursors: Cursors): (params: PageRequest) => RowPage<AuditRow> {
  const before = db.prepare<[number, number], AuditRow>("SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?");
  return (params) => {
    const limit = pageLimit(params);
    const rows = before.all(cursors.number("audit", params) ?? Number.MAX_SAFE_INTEGER, limit + 1);
    return pageOf(rows, { limit, cursorAfter: (last) => cursors.encode("audit", last.id) });
  };
}
