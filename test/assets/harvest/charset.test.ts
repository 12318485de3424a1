import assert from "node:assert/strict";
import { test } from "node:test";
import { charsetOf, decodeText } from "../../../assets/harvest/document/charset.ts";
import { extract, pageOf } from "../../rigs/documents.ts";

const LATIN = Buffer.from("Géologie été", "latin1");
const UTF8 = Buffer.from("Géologie été", "utf8");

function decoded(bytes: Uint8Array, contentType: string | null = null, html = true): string {
  const { text, encoding, damaged } = decodeText(bytes, { contentType, html });
  return `${encoding}${damaged ? " damaged" : ""}: ${text}`;
}

test("the content type names the encoding", () => {
  assert.equal(decoded(LATIN, "text/html; charset=ISO-8859-1"), "windows-1252: Géologie été");
  assert.equal(decoded(UTF8, 'text/html;Charset="UTF-8"'), "UTF-8: Géologie été");
  assert.equal(decoded(Buffer.from([0x8a, 0xbf]), "text/html; charset=shift_jis"), "Shift_JIS: 漢");
  assert.equal(decoded(Buffer.from([0x92]), "text/html; charset=latin1"), "windows-1252: ’");
});

test("a page's meta names the encoding where the content type does not, and JSON has no meta", () => {
  const page = Buffer.concat([Buffer.from('<meta charset="iso-8859-2">'), Buffer.from([0xb1])]);
  assert.match(decoded(page, "text/html"), /^ISO-8859-2: .*ą$/);
  assert.match(decoded(page, "application/json", false), /^windows-1252: .*±$/);
});

test("a byte order mark names the encoding and goes", () => {
  assert.equal(decoded(Buffer.from("\uFEFF{}", "utf8")), "UTF-8: {}");
  assert.equal(decoded(Buffer.from("\uFEFF{}", "utf16le"), "text/html; charset=utf-8"), "UTF-16LE: {}");
});

test("bytes that are UTF-8 are read so whatever is declared, others as windows-1252 where nothing is declared", () => {
  assert.equal(decoded(UTF8, "text/html; charset=iso-8859-1"), "UTF-8: Géologie été");
  assert.equal(decoded(UTF8), "UTF-8: Géologie été");
  assert.equal(decoded(LATIN), "windows-1252: Géologie été");
});

test("bytes that do not belong to the declared UTF-8 are damage", () => {
  assert.equal(decoded(LATIN, "text/html; charset=utf-8"), "UTF-8 damaged: G\uFFFDologie \uFFFDt\uFFFD");
});

test("an encoding that nobody means, or nobody knows, is read as UTF-8", () => {
  assert.equal(decoded(UTF8, "text/html; charset=replacement"), "UTF-8: Géologie été");
  assert.equal(decoded(UTF8, "text/html; charset=klingon"), "UTF-8: Géologie été");
  assert.equal(charsetOf("text/html; charset = 'x' ; y"), "x");
  assert.equal(charsetOf(null), undefined);
});

test("a Latin-1 page is stored as UTF-8, without a problem", async () => {
  const json = '{"@context":{"@vocab":"https://schema.org/"},"@id":"https://x/","name":"Géologie des Alpes"}';
  const body = Buffer.from(pageOf(json).replace("utf-8", "iso-8859-1"), "latin1");
  const { documents, problems } = await extract({ body, contentType: "text/html" });
  assert.deepEqual(
    documents.map(({ text }) => text),
    [json],
  );
  assert.deepEqual(problems, []);
});

test("damage within a document is told, damage elsewhere in the page is not", async () => {
  const json = (name: string): string =>
    `{"@context":{"@vocab":"https://schema.org/"},"@id":"https://x/","name":"${name}"}`;
  const within = await extract({ body: Buffer.from(pageOf(json("é")), "latin1") });
  assert.deepEqual(
    within.problems.map(({ kind }) => kind),
    ["bad_charset"],
  );
  assert.equal(within.documents.length, 1);
  const outside = await extract({ body: Buffer.from(`${pageOf(json("e"))}<p>é`, "latin1") });
  assert.deepEqual(outside.problems, []);
});
