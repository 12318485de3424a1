import { isUtf8 } from "node:buffer";

import { TooComplexProblem } from "../document/canonical.ts";
import { JsonLdProblem } from "../document/json-ld.ts";
import { nestingProblem } from "../document/json-blocks.ts";
import { releaseLines } from "../document/release-lines.ts";
import type { ConvertedDocument, SkipKind, StoredDocument } from "./release-types.ts";

/** Turns one stored document into the lines of its graph. Never throws for what the document holds. */
export async function convertDocument({ graph, body }: StoredDocument): Promise<ConvertedDocument> {
  if (!isUtf8(body)) return skip("bad_charset", "it is not UTF-8; summon the source again");
  const parsed = parse(body);
  if ("message" in parsed) return skip("invalid_json", parsed.message);
  try {
    const lines = await releaseLines(parsed.value, graph);
    if (lines.statements > 0) return { ok: true, ...lines };
    return skip("no_statements", `it gives no statement that a triplestore takes (${lines.dropped} dropped)`);
  } catch (error) {
    if (error instanceof JsonLdProblem) return skip("invalid_jsonld", error.message);
    if (error instanceof TooComplexProblem) return skip("too_complex", error.message);
    throw error;
  }
}

function skip(kind: SkipKind, message: string): ConvertedDocument {
  return { ok: false, kind, message };
}

function parse(body: Uint8Array): { readonly value: unknown } | { readonly message: string } {
  if (body.byteLength === 0) return { message: "it is empty" };
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    const message = nestingProblem(value);
    return message === null ? { value } : { message };
  } catch (error) {
    return { message: error instanceof Error ? error.message : String(error) };
  }
}
