import { finished } from "node:stream/promises";

import { SAXParser } from "parse5-sax-parser";

/** `type` of a script element, as `script[type^='application/ld+json']` selects it, but whatever its case. */
const JSON_LD_TYPE = /^\s*application\/ld\+json/i;

/**
 * The raw text of every JSON-LD script of a page, in order, wherever it stands: entities in it are no markup to HTML
 * and stay as they are. No tree is built: a page costs what its tokens cost.
 */
export async function jsonLdScripts(html: string): Promise<readonly string[]> {
  const scripts: string[] = [];
  let open: string[] | null = null;
  const parser = new SAXParser();
  parser.on("startTag", ({ tagName, attrs }) => {
    if (tagName !== "script") return;
    const type = attrs.find((attribute) => attribute.name === "type")?.value ?? "";
    open = JSON_LD_TYPE.test(type) ? [] : null;
  });
  parser.on("text", ({ text }) => open?.push(text));
  parser.on("endTag", ({ tagName }) => {
    if (tagName !== "script" || open === null) return;
    scripts.push(open.join(""));
    open = null;
  });
  await feed(parser, html);
  if (open !== null) scripts.push((open as string[]).join(""));
  return scripts;
}

/**
 * What an HTML parser sees as text of a body that is really JSON: tags vanish, entities are decoded. The tools whose
 * place this takes read JSON so, and the ids of what is stored depend on it.
 */
export async function textOfHtml(html: string): Promise<string> {
  const parts: string[] = [];
  const parser = new SAXParser();
  parser.on("text", ({ text }) => parts.push(text));
  await feed(parser, html);
  return parts.join("").replace(/^[\t\n\f\r ]+/, "");
}

async function feed(parser: SAXParser, html: string): Promise<void> {
  parser.resume();
  parser.end(html);
  await finished(parser);
}
