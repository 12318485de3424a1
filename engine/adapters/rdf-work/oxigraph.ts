import { defaultGraph, namedNode, parse, type Quad, Store } from "oxigraph";
import { EngineError } from "../../core/errors.ts";

/**
 * The one importer of oxigraph, for worker threads only: its calls are synchronous and cannot be interrupted.
 * Its memory is WebAssembly's: it grows up to 4 GB and never shrinks, so a thread that has grown is replaced.
 */
export { defaultGraph, namedNode, Store };

const LINE_OF_ERROR = /\bat line (\d+)/u;
const MAX_MESSAGE_CHARACTERS = 500;

export interface ParseOptions {
  readonly format: string;
  /** Lets IRIs and language tags pass that break their own rules, as long as the syntax around them holds. */
  readonly lenient: boolean;
}

/**
 * The statements of a document, each as N-Quads writes it, without the dot. Throws `rdf_syntax` with the line.
 *
 * Steps and quads are freed by hand: their finalizers run only between a thread's tasks, so a document parsed in one go
 * leaked 38 MB for every 100,000 statements and took quadratic time (measured, oxigraph 0.5.11).
 */
export function* parseStatements(
  chunks: Iterable<Uint8Array>,
  options: ParseOptions,
): Generator<string, void, undefined> {
  // The package's types name `UInt8Array`, which TypeScript takes for anything and so picks the wrong overload.
  const steps = parse(chunks, { ...options }) as unknown as Freeable & { next(): ParseStep };
  try {
    for (;;) {
      const step = nextStep(steps);
      const quad = step.value;
      const text = quad?.toString();
      quad?.free();
      step.free();
      if (text === undefined) return;
      yield text;
    }
  } finally {
    steps.free();
  }
}

interface ParseStep extends Freeable {
  /** Each access makes a new copy. */
  readonly value: (Quad & Freeable) | undefined;
}

interface Freeable {
  free(): void;
}

function nextStep(steps: { next(): ParseStep }): ParseStep {
  try {
    return steps.next();
  } catch (error) {
    throw syntaxError(error);
  }
}

function syntaxError(error: unknown): Error {
  if (!(error instanceof Error) || isBroken(error)) return error as Error;
  const line = LINE_OF_ERROR.exec(error.message)?.[1];
  const message = shortened(error.message);
  return new EngineError("rdf_syntax", message, { details: { line: line === undefined ? null : Number(line) } });
}

/** Runs SPARQL; what Oxigraph says against it comes out as `sparql_syntax`. */
export function asSparql<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error) || isBroken(error)) throw error;
    throw new EngineError("sparql_syntax", shortened(error.message));
  }
}

/** After these the WebAssembly instance is in no known state: out of memory, a panic, or the end of its stack. */
export function isBroken(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof Error && error.name === "RuntimeError");
}

/** A parser's list of all that could have come next runs to pages. */
function shortened(message: string): string {
  const [first = ""] = message.split("\n", 1);
  return first.length > MAX_MESSAGE_CHARACTERS ? `${first.slice(0, MAX_MESSAGE_CHARACTERS)}…` : first;
}
