import { TooComplexProblem } from "./canonical.ts";
import { decodeText } from "./charset.ts";
import { fixDocument } from "./context-fixes.ts";
import { canonicalText, statementsOf } from "./convert.ts";
import { parseGoUrl } from "./go-url.ts";
import { jsonLdScripts, textOfHtml } from "./html-scripts.ts";
import { identifierOf, sha1 } from "./identify.ts";
import type { Identify, Identity } from "./identify.ts";
import { jsonBlocks } from "./json-blocks.ts";
import type { JsonBlocks } from "./json-blocks.ts";
import { JsonLdProblem } from "./json-ld.ts";
import { MAX_PAGE_BYTES, MAX_SITEGRAPH_BYTES } from "./limits.ts";
import { objectMetadata } from "./object-metadata.ts";
import { summonedKey } from "../keys.ts";
import type { ExtractedDocument, ExtractOptions, PageInput, PageOutcome, PageProblem } from "../document-types.ts";

export type ExtractPage = (page: PageInput) => Promise<PageOutcome>;

/** Finds, fixes and identifies the documents of a source's pages. Never throws for what a page holds. */
export function createPageExtractor(options: ExtractOptions): ExtractPage {
  const identify = identifierOf(options.identifierType, options.identifierPath);
  return async (page) => {
    if (options.kind === "sitegraph") return extractSitegraph(page, options);
    if (page.body.byteLength > MAX_PAGE_BYTES) return tooLarge(page, MAX_PAGE_BYTES);
    const found = await candidates(page);
    const documents: ExtractedDocument[] = [];
    const problems: PageProblem[] = [...found.problems];
    for (const { text } of found.blocks) {
      const outcome = await readBlock(text, { page, options, identify });
      documents.push(...outcome.documents);
      problems.push(...outcome.problems);
    }
    if (documents.length === 0 && problems.length === 0) {
      problems.push({
        kind: "no_jsonld",
        message: `no JSON-LD in this page (${describe(page)}); if scripts put it there, it takes a browser to see it`,
      });
    }
    return { url: page.url, documents, problems };
  };
}

function tooLarge(page: PageInput, limit: number): PageOutcome {
  const message = `the page has ${page.body.byteLength} bytes; at most ${limit} are read`;
  return { url: page.url, documents: [], problems: [{ kind: "too_large", message }] };
}

function describe({ contentType, body }: PageInput): string {
  return `${contentType ?? "no content type"}, ${body.byteLength} bytes`;
}

/** The whole body is the document, under the hash of its text, without metadata: as gleaner keeps sitegraphs. */
function extractSitegraph(page: PageInput, { sourceName }: ExtractOptions): PageOutcome {
  if (page.body.byteLength > MAX_SITEGRAPH_BYTES) return tooLarge(page, MAX_SITEGRAPH_BYTES);
  const { text, damaged } = decodeText(page.body, { contentType: page.contentType, html: false });
  const problems: PageProblem[] = [];
  if (damaged) problems.push(damagedProblem("the sitegraph"));
  try {
    JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push({ kind: "invalid_json", message: `the sitegraph is not JSON (${describe(page)}): ${reason}` });
    return { url: page.url, documents: [], problems };
  }
  const id = sha1(text);
  return { url: page.url, documents: [{ id, key: summonedKey(sourceName, id), text, metadata: {} }], problems };
}

function damagedProblem(where: string): PageProblem {
  const message = `${where} holds bytes that do not belong to its encoding; U+FFFD stands for them`;
  return { kind: "bad_charset", message };
}

/** Every JSON object that a page offers, and what is wrong with the other offers. */
async function candidates(page: PageInput): Promise<JsonBlocks> {
  const isJson = servesJson(page);
  const { text, damaged } = decodeText(page.body, { contentType: page.contentType, html: !isJson });
  const texts = isJson ? [await jsonText(text)] : await jsonLdScripts(text);
  const found = texts.map((candidate, index) =>
    jsonBlocks(candidate, isJson ? "the page" : `JSON-LD block ${index + 1} of ${texts.length}`),
  );
  const problems = found.flatMap((blocks) => blocks.problems);
  const blocks = found.flatMap((each) => each.blocks);
  if (damaged && blocks.some((block) => block.text.includes("\uFFFD"))) problems.push(damagedProblem("the page"));
  return { blocks, problems };
}

/** By content type, or by the extension in its address. */
function servesJson({ url, contentType }: PageInput): boolean {
  if (/application\/(?:ld\+)?json/i.test(contentType ?? "")) return true;
  return /\.json(?:ld)?$/.test(parseGoUrl(url)?.path ?? "");
}

/** JSON as gleaner reads it, through an HTML parser; as it stands where that breaks it (`&quot;` in a string). */
async function jsonText(text: string): Promise<string> {
  if (!/[<&]/.test(text)) return text.replace(/^[\t\n\f\r ]+/, "").replaceAll(/\r\n?/g, "\n");
  const seen = await textOfHtml(text);
  return jsonBlocks(seen, "").problems.length > 0 && jsonBlocks(text, "").problems.length === 0 ? text : seen;
}

interface BlockParams {
  readonly page: PageInput;
  readonly options: ExtractOptions;
  readonly identify: Identify;
}

interface BlockOutcome {
  readonly documents: readonly ExtractedDocument[];
  readonly problems: readonly PageProblem[];
}

async function readBlock(original: string, { page, options, identify }: BlockParams): Promise<BlockOutcome> {
  const text = fixDocument(original, options);
  const document: unknown = JSON.parse(text);
  let canonical: string | null;
  try {
    canonical = await canonicalOrNull(document);
  } catch (error) {
    if (!(error instanceof JsonLdProblem)) throw error;
    return { documents: [], problems: [{ kind: "invalid_jsonld", message: error.message }] };
  }
  const identity = identify({ text, document, canonical });
  const problems: PageProblem[] = [];
  if (identity.refusedId !== undefined) {
    const shown = JSON.stringify(identity.refusedId.slice(0, MAX_SHOWN_CHARACTERS));
    problems.push({ kind: "identifier", message: `the id ${shown} cannot be a key; the hash of the text is used` });
  }
  const { id } = identity;
  const metadata = metadataOf(identity, page.url);
  return { documents: [{ id, key: summonedKey(options.sourceName, id), text, metadata }], problems };
}

const MAX_SHOWN_CHARACTERS = 100;

/** Null where blank nodes are too alike: the document is kept under the hash of its text or its identifier. */
async function canonicalOrNull(document: unknown): Promise<string | null> {
  const statements = await statementsOf(document);
  try {
    return await canonicalText(statements);
  } catch (error) {
    if (error instanceof TooComplexProblem) return null;
    throw error;
  }
}

function metadataOf(identity: Identity, url: string): ExtractedDocument["metadata"] {
  const { id, identifierType, jsonSha, matchedPath, matchedString } = identity;
  return objectMetadata({
    url,
    sha1: identifierType === "identifierstring" ? jsonSha : id,
    uniqueid: id,
    jsonsha: jsonSha,
    identifiertype: identifierType,
    matchedpath: matchedPath,
    matchedstring: matchedString,
  });
}
