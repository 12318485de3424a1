import { rmSync } from "node:fs";
import { isInScope } from "../../core/load-scope.ts";
import type { NamespaceKind } from "../../core/ports/triple-store.ts";
import { blankReach } from "./blank-reach.ts";
import { takeIn, writeSorted } from "./intake.ts";
import { lineWriter, readLines, sha256OfFile, type LineWriter } from "./line-file.ts";
import { mergeSorted } from "./line-sorter.ts";
import type { ChangeFiles, Prepared, PrepareParams, PresentFile, PresentOutcome, ScopeChange } from "./protocol.ts";
import { compareStatements, type ChangeVisitor } from "./scope-change.ts";
import { blankNodesOf, fromNQuads, groupOf, isBlank, toNQuads, type StatementLine } from "./statement-line.ts";

/**
 * Writes the new unit file, and what is left of every other file that holds statements of the scope, and tells what
 * changes. Nothing that is in use is touched: the caller switches to the new files, or forgets them.
 */
export function prepare(params: PrepareParams): Prepared {
  const { kind, prefixes, body, unitPath, scratch } = params;
  const unit =
    body === null
      ? writeSorted(unitPath, kind, [])
      : takeIn({ kind, prefixes, body, outside: "refuse", path: unitPath, scratch });
  const inScopePaths: string[] = [];
  const temporary: string[] = [];
  try {
    const present = params.present.map((file, index) => {
      const inScopePath = file.restPath === null ? file.path : `${scratch}.in-${index}`;
      if (file.restPath !== null) temporary.push(inScopePath);
      const outcome = partFrom(file, { kind, prefixes, inScopePath });
      if (outcome.state !== "corrupt") inScopePaths.push(inScopePath);
      return outcome;
    });
    const before = mergeSorted(inScopePaths.map((path) => readStatements(path, kind)));
    const scope = compareInto(params.changes, { kind, before, after: readStatements(unitPath, kind) });
    return { unit, scope, present };
  } finally {
    for (const path of temporary) rmSync(path, { force: true });
  }
}

/** The statements of a sorted file. */
export function* readStatements(path: string, kind: NamespaceKind): Generator<StatementLine, void, undefined> {
  for (const line of readLines(path)) yield fromNQuads(line, kind);
}

interface Part {
  readonly kind: NamespaceKind;
  readonly prefixes: readonly string[];
  readonly inScopePath: string;
}

/** Parts a file into what lies within the scope and what does not. */
function partFrom(file: PresentFile, part: Part): PresentOutcome {
  const reason = whyCorrupt(file.path, file.sha256);
  if (reason !== null) return { state: "corrupt", reason };
  if (file.restPath === null) return { state: "covered" };

  const { kind, prefixes, inScopePath } = part;
  const isInside = insideTest(file.path, { kind, prefixes });
  const inside = lineWriter(inScopePath);
  try {
    const outside = function* (): Generator<StatementLine> {
      for (const line of readStatements(file.path, kind)) {
        if (isInside(line)) inside.write(toNQuads(line, kind));
        else yield line;
      }
    };
    const rest = writeSorted(file.restPath, kind, outside());
    if (inside.finish().lines > 0) return { state: "rewritten", rest };
    rmSync(file.restPath);
    return { state: "untouched" };
  } finally {
    inside.abandon();
  }
}

/** Why a file cannot be used, or `null`. */
export function whyCorrupt(path: string, sha256: string): string | null {
  try {
    const found = sha256OfFile(path);
    return found === sha256 ? null : `its checksum is ${found}, expected ${sha256}`;
  } catch (error) {
    return `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Tells the statements within a scope; in a triples namespace that takes a look at the whole file first. */
function insideTest(path: string, scope: Pick<Part, "kind" | "prefixes">): (line: StatementLine) => boolean {
  const { kind, prefixes } = scope;
  const isRooted = (line: StatementLine): boolean => !isBlank(line) && isInScope(groupOf(line), prefixes);
  if (kind === "quads") return isRooted;
  const reach = blankReach<true>();
  for (const line of readStatements(path, kind)) {
    const { subject, object } = blankNodesOf(line, kind);
    if (object === null) continue;
    if (subject !== null) reach.edge(subject, object);
    else if (isRooted(line)) reach.root(true, object);
  }
  const hanging = reach.resolve();
  return (line) => isRooted(line) || hanging.has(groupOf(line));
}

interface Sides {
  readonly kind: NamespaceKind;
  readonly before: Iterator<StatementLine>;
  readonly after: Iterator<StatementLine>;
}

function compareInto(files: ChangeFiles | null, sides: Sides): ScopeChange {
  if (files === null) return compareStatements({ ...sides, visitor: noVisitor });
  const { kind } = sides;
  const writers = {
    removed: lineWriter(files.removed),
    added: lineWriter(files.added),
    gone: lineWriter(files.gone),
  };
  const close = (act: (writer: LineWriter) => void): void => Object.values(writers).forEach(act);
  const siblings = typedSiblings((line) => writers.added.write(toNQuads(line, kind)));
  try {
    const change = compareStatements({
      ...sides,
      visitor: {
        removed(line) {
          siblings.removed(line);
          writers.removed.write(line);
        },
        added: (line) => writers.added.write(toNQuads(line, kind)),
        kept: (line) => siblings.kept(line),
        gone: (group) => writers.gone.write(group),
      },
    });
    siblings.finish();
    close((writer) => writer.finish());
    return change;
  } finally {
    close((writer) => writer.abandon());
  }
}

/**
 * Oxigraph keeps numbers and dates by value: where `"007"` goes and `"7"` stays, removing the one takes the other
 * along. So what stays beside a typed literal that goes (same graph, subject and predicate) is added again.
 */
function typedSiblings(addAgain: (line: StatementLine) => void) {
  let place = "";
  let kept: StatementLine[] = [];
  let isTouched = false;

  const finish = (): void => {
    if (isTouched) kept.forEach(addAgain);
    kept = [];
    isTouched = false;
  };
  /** Whether the line ends in a literal of a type of XML Schema; moves on to its place. */
  const enter = (line: StatementLine): boolean => {
    if (!line.includes(TYPED)) return false;
    const next = line.slice(0, line.indexOf('"'));
    if (next !== place) finish();
    place = next;
    return true;
  };
  return {
    removed(line: StatementLine): void {
      if (enter(line)) isTouched = true;
    },
    kept(line: StatementLine): void {
      if (enter(line)) kept.push(line);
    },
    finish,
  };
}

const TYPED = '"^^<http://www.w3.org/2001/XMLSchema#';

const noVisitor: ChangeVisitor = { removed: () => {}, added: () => {}, kept: () => {}, gone: () => {} };
