import { readFileSync } from "node:fs";
import path from "node:path";
import { extractPages } from "../../assets/harvest/document-tasks.ts";
import type { ExtractedDocument, ExtractOptions, PageOutcome } from "../../assets/harvest/document-types.ts";

/** What tests of documents have in common. */

export const DOCUMENTS_FOLDER = path.join(import.meta.dirname, "../data/documents");

export function documentText(file: string): string {
  return readFileSync(path.join(DOCUMENTS_FOLDER, file), "utf8");
}

export function extractOptions(changes: Partial<ExtractOptions> = {}): ExtractOptions {
  return {
    sourceName: "s",
    identifierType: "identifiersha",
    identifierPath: "",
    fixContextOption: 1,
    contextStrict: false,
    kind: "page",
    ...changes,
  };
}

export interface TestPage {
  readonly body: string | Uint8Array;
  readonly contentType?: string | null;
  readonly url?: string;
}

export async function extract(page: TestPage, changes: Partial<ExtractOptions> = {}): Promise<PageOutcome> {
  const { body, contentType = "text/html; charset=utf-8", url = "https://x.example/page" } = page;
  const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
  const [outcome] = await extractPages({
    pages: [{ url, contentType, body: bytes }],
    options: extractOptions(changes),
  });
  if (outcome === undefined) throw new Error("no outcome");
  return outcome;
}

/** A page with these texts as JSON-LD scripts. */
export function pageOf(...scripts: readonly string[]): string {
  const elements = scripts.map((text) => `<script type="application/ld+json">${text}</script>`);
  return `<!DOCTYPE html><html><head><meta charset="utf-8">${elements.join("\n")}</head><body>x</body></html>`;
}

/** The one document of a page that holds `value` as its JSON-LD. */
export async function documentOf(
  value: string | object,
  changes: Partial<ExtractOptions> = {},
): Promise<ExtractedDocument> {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const { documents, problems } = await extract({ body: pageOf(text) }, changes);
  const [document] = documents;
  if (document === undefined) throw new Error(`no document: ${JSON.stringify(problems)}`);
  return document;
}
