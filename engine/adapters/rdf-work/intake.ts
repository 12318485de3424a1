import { EngineError } from "../../core/errors.ts";
import { isInScope } from "../../core/load-scope.ts";
import type { NamespaceKind } from "../../core/ports/triple-store.ts";
import { blankReach } from "./blank-reach.ts";
import { lineSorter } from "./line-sorter.ts";
import { lineWriter, readChunks } from "./line-file.ts";
import { parseStatements } from "./oxigraph.ts";
import type { SortedFile, SpooledBody } from "./protocol.ts";
import {
  blankNodesOf,
  hasBlankNode,
  isBlank,
  isTripleTerm,
  splitStatement,
  toLine,
  toNQuads,
  type StatementParts,
} from "./statement-line.ts";

export interface IntakeParams {
  readonly kind: NamespaceKind;
  readonly prefixes: readonly string[];
  readonly body: SpooledBody;
  /**
   * What to do about a statement that lies outside the scope. A body is refused; what a server already holds is
   * passed over, and bad IRIs in it are let pass: they are there, and have to be named to be removed.
   */
  readonly outside: "refuse" | "pass over";
  readonly path: string;
  readonly scratch: string;
  /** Changes the bytes before they are parsed. */
  readonly repair?: ((chunks: Iterable<Uint8Array>) => Iterable<Uint8Array>) | undefined;
}

/** How much of a statement an error shows. */
const SHOWN_CHARACTERS = 300;

/**
 * Parses a body and writes it as sorted N-Quads, each statement once. Throws `rdf_syntax` with the line, and
 * `load_scope` for the first statement outside the scope.
 */
export function takeIn(params: IntakeParams): SortedFile {
  const { kind, prefixes, body, outside } = params;
  const sorter = lineSorter(params.scratch);
  const reach = blankReach<true>();
  const blankSubjects = new Set<string>();
  const chunks = readChunks(body.path);
  try {
    const options = { format: body.format, lenient: outside === "pass over" };
    for (const text of parseStatements(params.repair?.(chunks) ?? chunks, options)) {
      const parts = relabelled(splitStatement(text), body.blankPrefix);
      if (isTripleTerm(parts.subject) || isTripleTerm(parts.object)) throw tripleTermError(text);
      const place = placeOf(parts, kind, prefixes);
      if (place === "outside") {
        if (outside === "refuse") throw scopeError(text, params);
        continue;
      }
      if (kind === "triples") {
        if (isBlank(parts.subject)) {
          blankSubjects.add(parts.subject);
          if (isBlank(parts.object)) reach.edge(parts.subject, parts.object);
        } else if (isBlank(parts.object)) reach.root(true, parts.object);
      }
      sorter.add(toLine(parts, kind));
    }
    const hanging = reach.resolve();
    const stray = outside === "refuse" ? blankSubjects.values().find((node) => !hanging.has(node)) : undefined;
    if (stray !== undefined) throw scopeError(`${stray} …`, params);
    const isKept = (line: string): boolean =>
      blankSubjects.size === 0 || !isBlank(line) || hanging.has(blankNodesOf(line, kind).subject ?? "");
    return writeSorted(params.path, kind, keep(sorter.sorted(), kind === "triples" ? isKept : null));
  } finally {
    sorter.discard();
  }
}

/** Writes lines that come in order as a file that outlives a power cut. */
export function writeSorted(path: string, kind: NamespaceKind, lines: Iterable<string>): SortedFile {
  const writer = lineWriter(path);
  let blankNodes = false;
  try {
    for (const line of lines) {
      blankNodes ||= hasBlankNode(line, kind);
      writer.write(toNQuads(line, kind));
    }
    const { bytes, sha256, lines: statements } = writer.finish({ sync: true });
    return { bytes, sha256, statements, blankNodes };
  } finally {
    writer.abandon();
  }
}

/** "hanging": a blank node's statement in a triples namespace, of which only all the others can tell. */
type Place = "inside" | "outside" | "hanging";

function placeOf(parts: StatementParts, kind: NamespaceKind, prefixes: readonly string[]): Place {
  const term = kind === "quads" ? parts.graph : parts.subject;
  if (term.startsWith("<")) return isInScope(term.slice(1, -1), prefixes) ? "inside" : "outside";
  return kind === "triples" ? "hanging" : "outside";
}

function relabelled(parts: StatementParts, prefix: string): StatementParts {
  if (!isBlank(parts.subject) && !isBlank(parts.object) && !isBlank(parts.graph)) return parts;
  const relabel = (term: string): string => (isBlank(term) ? `_:${prefix}${term.slice(2)}` : term);
  return {
    subject: relabel(parts.subject),
    predicate: parts.predicate,
    object: relabel(parts.object),
    graph: relabel(parts.graph),
  };
}

function* keep(lines: Iterable<string>, isKept: ((line: string) => boolean) | null): Iterable<string> {
  for (const line of lines) if (isKept === null || isKept(line)) yield line;
}

function scopeError(text: string, params: IntakeParams): EngineError {
  const { kind, prefixes } = params;
  const expected =
    kind === "quads"
      ? "every statement in a named graph whose IRI starts with one of the prefixes"
      : "every subject an IRI that starts with one of the prefixes, or a blank node that hangs from such a subject";
  const statement = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return new EngineError("load_scope", `a statement lies outside of what the load replaces: ${statement}`, {
    details: { statement, prefixes, expected },
  });
}

function tripleTermError(text: string): EngineError {
  return new EngineError(
    "rdf_syntax",
    `a triple term of RDF 1.2 cannot be stored: ${text.slice(0, SHOWN_CHARACTERS)}`,
    {
      details: { line: null },
    },
  );
}
