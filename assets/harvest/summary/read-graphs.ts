import type { GraphText } from "./summary-types.ts";

/** A graph of a release in one piece; `text` is null where it is larger than `maxBytes`. */
export interface ReadGraph {
  readonly graph: string;
  readonly text: string | null;
  readonly bytes: number;
}

const NEWLINE = 0x0a;

/**
 * Cuts N-Quads into graphs as they come: releases keep the statements of a graph together. One graph is held at a time.
 */
export async function* readGraphs(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<ReadGraph, void> {
  let graph: string | null = null;
  let lines: string[] = [];
  let bytes = 0;
  const finished = (name: string): ReadGraph => ({
    graph: name,
    text: bytes > maxBytes ? null : lines.join(""),
    bytes,
  });
  for await (const line of linesOf(body)) {
    const name = graphOfLine(line);
    if (name === null) continue;
    if (graph !== null && name !== graph) {
      yield finished(graph);
      lines = [];
      bytes = 0;
    }
    graph = name;
    bytes += Buffer.byteLength(line);
    if (bytes <= maxBytes) lines.push(line);
    else lines = [];
  }
  if (graph !== null) yield finished(graph);
}

/** The last IRI of a statement; the worker that parses it finds out whether it was the graph. */
function graphOfLine(line: string): string | null {
  const end = line.lastIndexOf(">");
  if (end === -1 || !/^>\s*\.\s*$/.test(line.slice(end))) return null;
  return line.slice(line.lastIndexOf("<", end) + 1, end);
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  let rest: Buffer[] = [];
  for await (const part of body) {
    const chunk = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      yield Buffer.concat([...rest, chunk.subarray(start, end + 1)]).toString("utf8");
      rest = [];
      start = end + 1;
    }
    if (start < chunk.byteLength) rest.push(chunk.subarray(start));
  }
  if (rest.length > 0) yield `${Buffer.concat(rest).toString("utf8")}\n`;
}

export function isGraphText(read: ReadGraph): read is ReadGraph & GraphText {
  return read.text !== null;
}
