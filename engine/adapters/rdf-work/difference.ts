import { rmSync } from "node:fs";
import { takeIn } from "./intake.ts";
import { lineWriter, type LineWriter } from "./line-file.ts";
import { readStatements } from "./prepare.ts";
import type { Difference, DifferenceParams, ScopeChange } from "./protocol.ts";
import { compareStatements, type ChangeVisitor } from "./scope-change.ts";
import { asciiOnly, joinSurrogates } from "./server-text.ts";
import { writeReplacementUpdate } from "./replacement-update.ts";
import { groupOf, hasBlankNode, toNQuads, type StatementLine } from "./statement-line.ts";

/** Tells what has to go from a server and what has to come, so that a scope holds exactly the body. */
export function difference(params: DifferenceParams): Difference {
  const { kind, prefixes, body, present, scratch } = params;
  const newPath = `${scratch}.new`;
  const oldPath = `${scratch}.old`;
  try {
    const unit = takeIn({ kind, prefixes, body, outside: "refuse", path: newPath, scratch });
    const held = takeIn({
      kind,
      prefixes,
      body: present,
      outside: "pass over",
      path: oldPath,
      scratch,
      repair: joinSurrogates,
    });
    const sides: Sides = { before: () => readStatements(oldPath, kind), after: () => readStatements(newPath, kind) };
    const blankGroups = new Set<string>();
    const scope = writeChanges(params, { sides, blankGroups });
    if (held.blankNodes) writeReplacementUpdate(params.updatePath, { kind, prefixes, sides, blankGroups });
    return { statements: unit.statements, scope, byUpdate: held.blankNodes };
  } finally {
    for (const path of [newPath, oldPath]) rmSync(path, { force: true });
  }
}

/** The sorted statements of before and after, to be walked as often as it takes. */
export interface Sides {
  readonly before: () => Iterator<StatementLine>;
  readonly after: () => Iterator<StatementLine>;
}

interface ChangesWork {
  readonly sides: Sides;
  /** Filled with the groups of before that hold a blank node. */
  readonly blankGroups: Set<string>;
}

function writeChanges(params: DifferenceParams, work: ChangesWork): ScopeChange {
  const { kind, removedPath, addedPath } = params;
  const { sides, blankGroups } = work;
  const removed = lineWriter(removedPath);
  const added = lineWriter(addedPath);
  const write = (writer: LineWriter, line: StatementLine): void => writer.write(asciiOnly(toNQuads(line, kind)));
  const visitor: ChangeVisitor = {
    removed(line) {
      if (hasBlankNode(line, kind)) blankGroups.add(groupOf(line));
      write(removed, line);
    },
    added: (line) => write(added, line),
    kept: () => {},
    gone: () => {},
  };
  try {
    const scope = compareStatements({ kind, before: sides.before(), after: sides.after(), visitor });
    removed.finish();
    added.finish();
    return scope;
  } finally {
    removed.abandon();
    added.abandon();
  }
}
