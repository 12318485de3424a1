import { isGoUrl, schemeOf } from "./go-url.ts";
import { editedString, goJson } from "./go-json.ts";
import { applyEdits, elementSpans, memberSpans } from "./json-spans.ts";
import type { Edit, MemberSpan, Span } from "./json-spans.ts";
import {
  SCHEMA_ORG_HTTP,
  SCHEMA_ORG_HTTPS,
  inlineSchemaOrg,
  isSchemaOrgContext,
  standardNamespace,
} from "./schema-org.ts";
import type { FixContextOption } from "../document-types.ts";

export interface FixParams {
  readonly fixContextOption: FixContextOption;
  /** `context.strict` of the configuration file; together with option 0 it means: touch nothing. */
  readonly contextStrict: boolean;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * What gleaner changes in a document before it hashes and stores it, as edits of the text that leave every other byte
 * (`internal/summoner/acquire/jsonutils.go` of its dev_ec branch). The schema.org context becomes `@vocab`, its
 * namespace the spelling that the source asks for, a relative `@id` of a Dataset an IRI.
 *
 * Not followed, because it destroys what an author wrote: term definitions that are objects stay objects, an array of
 * contexts keeps its own terms, `www.schema.org` is schema.org.
 */
export function fixDocument(text: string, { fixContextOption, contextStrict }: FixParams): string {
  if (contextStrict && fixContextOption === 0) return text;
  const vocabulary = fixContextOption === 2 || fixContextOption === 4 ? SCHEMA_ORG_HTTP : SCHEMA_ORG_HTTPS;
  const document = JSON.parse(text) as Json;
  const members = memberSpans(text, { start: 0, end: text.length });
  const edits = [...idEdits(text, document, members)];
  const context = lastMember(members, "@context");
  if (context !== undefined) edits.push(...contextEdits(text, context, vocabulary));
  return edits.length === 0 ? text : applyEdits(text, edits);
}

/** Of repeated keys the last one counts, as it does to a JSON parser. */
function lastMember(members: readonly MemberSpan[], key: string): MemberSpan | undefined {
  return members.findLast((member) => member.key === key);
}

function contextEdits(text: string, span: Span, vocabulary: string): readonly Edit[] {
  const context: unknown = JSON.parse(text.slice(span.start, span.end));
  if (typeof context === "string") {
    const vocab = isSchemaOrgContext(context) ? vocabulary : standardNamespace(context, vocabulary);
    return [{ ...span, text: goJson({ "@vocab": vocab }) }];
  }
  if (Array.isArray(context)) return [{ ...span, text: fixedArray(text, span, vocabulary) }];
  if (typeof context === "object" && context !== null) return objectEdits(text, span, vocabulary);
  return [];
}

/** Every string of a context object is spelt anew, as gleaner does; what is no string stays. */
function objectEdits(text: string, span: Span, vocabulary: string): readonly Edit[] {
  const edits: Edit[] = [];
  for (const { start, end } of memberSpans(text, span)) {
    const token = text.slice(start, end);
    if (!token.startsWith('"')) continue;
    const fixed = editedString(standardNamespace(JSON.parse(token) as string, vocabulary));
    if (fixed !== token) edits.push({ start, end, text: fixed });
  }
  return edits;
}

/**
 * An array of contexts with schema.org inlined. Other addresses cannot be had without the network: they go, as they go
 * in gleaner (which drops the whole array), and where nothing else names a vocabulary, it is schema.org.
 */
function fixedArray(text: string, span: Span, vocabulary: string): string {
  const inline = goJson(inlineSchemaOrg(vocabulary, text));
  const parts: string[] = [];
  let namesVocabulary = false;
  let dropped = false;
  for (const { start, end } of elementSpans(text, span)) {
    const token = text.slice(start, end);
    const element: unknown = JSON.parse(token);
    if (typeof element === "string") {
      const known = isSchemaOrgContext(element);
      if (known) parts.push(inline);
      namesVocabulary ||= known;
      dropped ||= !known;
    } else {
      const whole = { start: 0, end: token.length };
      const isObject = typeof element === "object" && element !== null && !Array.isArray(element);
      parts.push(isObject ? applyEdits(token, objectEdits(token, whole, vocabulary)) : token);
      namesVocabulary ||= isObject && Object.hasOwn(element, "@vocab");
    }
  }
  if (dropped && !namesVocabulary) parts.unshift(inline);
  return `[${parts.join(",")}]`;
}

/** A relative `@id` of a Dataset, or of the items of an ItemList, becomes `file://` + id, unless there is a base. */
function idEdits(text: string, document: Json, members: readonly MemberSpan[]): readonly Edit[] {
  const context = document["@context"];
  if (typeof context === "object" && context !== null && (context as Json)["@base"]) return [];
  if (document["@type"] === "Dataset") return relativeIdEdits(text, members);
  if (document["@type"] !== "ItemList") return [];
  const list = lastMember(members, "itemListElement");
  if (list === undefined || text[list.start] !== "[") return [];
  return elementSpans(text, list).flatMap((element) => {
    if (text[element.start] !== "{") return [];
    const item = lastMember(memberSpans(text, element), "item");
    return item !== undefined && text[item.start] === "{" ? relativeIdEdits(text, memberSpans(text, item)) : [];
  });
}

function relativeIdEdits(text: string, members: readonly MemberSpan[]): readonly Edit[] {
  const span = lastMember(members, "@id");
  if (span === undefined || text[span.start] !== '"') return [];
  const id = JSON.parse(text.slice(span.start, span.end)) as string;
  if (schemeOf(id) !== "" || !isGoUrl(id)) return [];
  return [{ start: span.start, end: span.end, text: editedString(`file://${id}`) }];
}
