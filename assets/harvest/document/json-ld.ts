import jsonld from "jsonld";

import { isSchemaOrgContext, schemaOrgContext } from "./schema-org.ts";

/** An expanded JSON-LD value: plain objects, arrays, strings, numbers, booleans. */
export type Expanded = readonly unknown[];

/** A document that is JSON but no JSON-LD; the message says what is wrong with it. */
export class JsonLdProblem extends Error {
  override readonly name = "JsonLdProblem";
}

/**
 * Expands a document. Nothing is fetched: schema.org's context is known under all of its addresses, any other remote
 * context is a problem of the document. There is no base, so relative IRIs stay relative.
 * Throws `JsonLdProblem`.
 */
export async function expandJsonLd(document: unknown): Promise<Expanded> {
  try {
    return await jsonld.expand(document as jsonld.JsonLdDocument, EXPAND_OPTIONS);
  } catch (error) {
    throw new JsonLdProblem(explain(error), { cause: error });
  }
}

/** The library takes a null base, its types do not. */
const EXPAND_OPTIONS = {
  base: null,
  documentLoader: loadKnownContext,
  safe: false,
} as unknown as jsonld.Options.Expand;

function loadKnownContext(address: string): Promise<{ document: object; documentUrl: string; contextUrl: null }> {
  if (!isSchemaOrgContext(address)) {
    const what = `the context ${address.slice(0, MAX_ADDRESS_CHARACTERS)} is remote and not among those known here`;
    return Promise.reject(new JsonLdProblem(`${what}; put its terms into the document`));
  }
  return Promise.resolve({ document: { "@context": schemaOrgContext }, documentUrl: address, contextUrl: null });
}

const MAX_ADDRESS_CHARACTERS = 200;
const MAX_MESSAGE_CHARACTERS = 500;

/** The innermost own problem, else the library's sentence with its code. */
function explain(error: unknown): string {
  for (let inner = error; inner instanceof Error; inner = causeOf(inner)) {
    if (inner instanceof JsonLdProblem) return inner.message;
  }
  if (error instanceof RangeError) return "nested too deeply to be expanded";
  if (!(error instanceof Error)) return "cannot be expanded";
  const code = (error as { readonly details?: { readonly code?: unknown } }).details?.code;
  const message = error.message.slice(0, MAX_MESSAGE_CHARACTERS);
  return typeof code === "string" ? `${code}: ${message}` : message;
}

/** The library puts the cause into `details.cause`. */
function causeOf(error: Error): unknown {
  return error.cause ?? (error as { readonly details?: { readonly cause?: unknown } }).details?.cause;
}
