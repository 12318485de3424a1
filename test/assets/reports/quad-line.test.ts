import assert from "node:assert/strict";
import { test } from "node:test";
import {
  literalText,
  MAX_LINE_CHARS,
  MAX_LITERAL_CHARS,
  parseQuadLine,
  textLines,
} from "../../../assets/reports/quad-line.ts";
import { collect } from "../../rigs/collect.ts";

async function linesOf(chunks: readonly string[]): Promise<readonly string[]> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield Buffer.from(chunk, "latin1");
  }
  return (await collect(textLines(bytes()))).flat();
}

const quad = { subject: "s:", predicate: "p:", object: "o:", objectIsLiteral: false, graph: "g:" };

test("a statement gives its terms, whatever space stands between them", () => {
  assert.deepEqual(parseQuadLine("<s:> <p:> <o:> <g:> ."), quad);
  assert.deepEqual(parseQuadLine("\t<s:><p:><o:><g:>. # note\r"), quad);
  assert.deepEqual(parseQuadLine("<s:> <p:> <o:> ."), { ...quad, graph: "" });
  assert.deepEqual(parseQuadLine("_:a <p:> _:b _:g ."), { ...quad, subject: "_:a", object: "_:b", graph: "_:g" });
});

test("a literal gives its text, without language and datatype", () => {
  const text = (object: string) => literalText(parseQuadLine(`<s:> <p:> ${object} <g:> .`)?.object ?? "none");
  assert.equal(text('"plain"'), "plain");
  assert.equal(text('"deutsch"@de-AT'), "deutsch");
  assert.equal(text('"1"^^<http://www.w3.org/2001/XMLSchema#integer>'), "1");
  assert.equal(text('""'), "");
  assert.equal(text('"a \\"b\\" <c> . # d"'), 'a "b" <c> . # d');
  assert.equal(text('"a\\tb\\nc\\\\n\\u00FC\\U0001F30D"'), "a\tb\nc\\n\u00fc\u{1F30D}");
  assert.equal(parseQuadLine('<s:> <p:> "x" <g:> .')?.objectIsLiteral, true);
});

test("escapes in IRIs are decoded", () => {
  assert.equal(parseQuadLine("<s:\\u00FC> <p:> <o:> <g:> .")?.subject, "s:\u00fc");
});

const noStatements = [
  "",
  "text",
  "<s:> <p:> <o:>",
  "<s:> <p:> .",
  '"s" <p:> <o:> .',
  "<s:> _:p <o:> .",
  '<s:> <p:> "open .',
  "<s :> <p:> <o:> .",
  "<s:> <p:> <o:> <g:> <x:> .",
  '<s:> <p:> "a" b .',
  "<s:> <p:> <o:> <g:> . <s:> <p:> <o:> .",
];

for (const line of noStatements) {
  test(`${JSON.stringify(line)} is no statement`, () => {
    assert.equal(parseQuadLine(line), null);
  });
}

test("a line over the limit is no statement, and a literal of 10 MB of escapes is one", () => {
  const line = (chars: number) => `<s:> <p:> "${"\\\\".repeat(chars / 2)}" <g:> .`;
  assert.equal(parseQuadLine(line(10_000_000))?.object.length, 10_000_000);
  assert.equal(parseQuadLine(line(MAX_LINE_CHARS)), null);
});

test("a literal's text is cut at the limit", () => {
  assert.equal(literalText("x".repeat(MAX_LITERAL_CHARS)), "x".repeat(MAX_LITERAL_CHARS));
  assert.equal(literalText("x".repeat(MAX_LITERAL_CHARS + 1)), `${"x".repeat(MAX_LITERAL_CHARS)}…`);
});

// Patterns that try every split of a run of spaces take hours.
test("lines made to be slow are refused within seconds", { timeout: 20_000 }, () => {
  const run = 4_000_000;
  const slow = [
    `<s:> <p:> "x"${" ".repeat(run)}x`,
    " ".repeat(run),
    "<".repeat(run),
    `<s:> <p:> _:${"a".repeat(run)}`,
    `<s:> <p:> "x"@${"a".repeat(run)}`,
    `<s:> <p:> "x" ${". ".repeat(run)}`,
    `<s:> <p:> "${'\\"'.repeat(run)}`,
    `<s:> <p:> "x" .${" ".repeat(run)}x`,
  ];
  for (const line of slow) assert.equal(parseQuadLine(line), null);
});

test("lines are put together across chunks, comments and empty lines left out", async () => {
  assert.deepEqual(await linesOf(["one", " 1\ntw", "o\r\n\n# note\n  \n", "thr", "ee"]), ["one 1", "two\r", "three"]);
  assert.deepEqual(await linesOf([]), []);
});

test("a character cut by a chunk's end is put together again", async () => {
  assert.deepEqual(await linesOf(["\xc3", "\xbc\n"]), ["ü"]);
});

test("line separators inside of literals do not end a line", async () => {
  const line = "a\u2028b\u2029c\u0085d";
  const bytes = Buffer.from(line).toString("latin1");
  assert.deepEqual(await linesOf([bytes]), [line]);
});

test("a line without end is cut at the limit instead of growing", async () => {
  const [line] = await linesOf([...Array<string>(40).fill("x".repeat(500_000)), "\nnext\n"]);
  assert.ok((line?.length ?? 0) <= MAX_LINE_CHARS + 1);
});
