import type { NamespaceKind } from "../../core/ports/triple-store.ts";
import type { ScopeChange } from "./protocol.ts";
import { groupOf, hasBlankNode, isBlank, type StatementLine } from "./statement-line.ts";

/** How many of the groups that are gone are named. */
const MAX_GONE_NAMED = 1_000;

/** Sees each statement of before and after, in order. */
export interface ChangeVisitor {
  removed(line: StatementLine): void;
  added(line: StatementLine): void;
  kept(line: StatementLine): void;
  /** A group of which nothing is left. */
  gone(group: string): void;
}

export interface CompareParams {
  readonly kind: NamespaceKind;
  /** Both in order, each line once. */
  readonly before: Iterator<StatementLine>;
  readonly after: Iterator<StatementLine>;
  readonly visitor: ChangeVisitor;
}

/** Walks two sorted sequences side by side. */
export function compareStatements(params: CompareParams): ScopeChange {
  const { kind, before, after, visitor } = params;
  const groups = goneGroups(visitor);
  const count = { before: 0, removed: 0, added: 0 };
  let blankNodes = false;

  let old = before.next();
  let young = after.next();
  while (old.done !== true || young.done !== true) {
    const order = old.done === true ? 1 : young.done === true ? -1 : compare(old.value, young.value);
    const line = order <= 0 ? (old.value as string) : (young.value as string);
    groups.see(line, { isOld: order <= 0, isNew: order >= 0 });
    if (order < 0) {
      count.removed += 1;
      visitor.removed(line);
    } else if (order > 0) {
      count.added += 1;
      visitor.added(line);
    } else visitor.kept(line);
    if (order !== 0) blankNodes ||= hasBlankNode(line, kind);
    if (order <= 0) {
      count.before += 1;
      old = before.next();
    }
    if (order >= 0) young = after.next();
  }
  return { ...count, blankNodes, ...groups.finish() };
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

interface Presence {
  readonly isOld: boolean;
  readonly isNew: boolean;
}

/** Groups come one after the other, so that only the current one has to be remembered. */
function goneGroups(visitor: ChangeVisitor) {
  const gone: string[] = [];
  let goneCount = 0;
  let current: string | null = null;
  let isLeft = false;

  const close = (): void => {
    if (current === null || isLeft || isBlank(current)) return;
    visitor.gone(current);
    if (current === "") return;
    goneCount += 1;
    if (gone.length < MAX_GONE_NAMED) gone.push(current);
  };

  return {
    see(line: StatementLine, presence: Presence): void {
      if (current === null || !line.startsWith(current) || line[current.length] !== " ") {
        close();
        current = groupOf(line);
        isLeft = false;
      }
      isLeft ||= presence.isNew;
    },
    finish(): Pick<ScopeChange, "gone" | "goneCount"> {
      close();
      return { gone, goneCount };
    },
  };
}
