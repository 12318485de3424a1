import assert from "node:assert/strict";
import { test } from "node:test";
import { sha1 } from "../../../assets/harvest/document/identify.ts";
import { documentOf, extract, pageOf } from "../../rigs/documents.ts";

const A = '{"@context":{"@vocab":"https://schema.org/"},"@id":"https://x/a","name":"a"}';
const B = '{"@context":{"@vocab":"https://schema.org/"},"@id":"https://x/b","name":"b"}';

async function textsOf(body: string | Uint8Array, contentType?: string | null): Promise<readonly string[]> {
  const { documents } = await extract(contentType === undefined ? { body } : { body, contentType });
  return documents.map(({ text }) => text);
}

async function kindsOf(body: string | Uint8Array, contentType = "text/html"): Promise<readonly string[]> {
  return (await extract({ body, contentType })).problems.map(({ kind }) => kind);
}

test("every JSON-LD block of a page is a document, in order, wherever it stands", async () => {
  assert.deepEqual(await textsOf(pageOf(A, B)), [A, B]);
  assert.deepEqual(await textsOf(`<p>x<script type='application/ld+json'>${A}</script><b>`), [A]);
});

test("a block that is no JSON harms no block before or after it, and is named", async () => {
  for (const scripts of [
    [A, "{ not json }", B],
    ["{ not json }", A, B],
    [A, B, "{ not json }"],
  ]) {
    const { documents, problems } = await extract({ body: pageOf(...scripts) });
    assert.deepEqual(
      documents.map(({ text }) => text),
      [A, B],
    );
    assert.deepEqual(
      problems.map(({ kind }) => kind),
      ["invalid_json"],
    );
    assert.match(problems[0]?.message ?? "", /^JSON-LD block [123] of 3 is not JSON: /);
  }
});

test("a block that is no JSON-LD harms no other, and is named", async () => {
  const { documents, problems } = await extract({ body: pageOf(A, '{"@id":5}', B) });
  assert.deepEqual(
    documents.map(({ text }) => text),
    [A, B],
  );
  assert.deepEqual(
    problems.map(({ kind }) => kind),
    ["invalid_jsonld"],
  );
});

test("the script's type may have parameters, any case and blanks before it; other types are not read", async () => {
  for (const type of ["application/ld+json; charset=utf-8", "Application/LD+JSON", " application/ld+json"]) {
    assert.deepEqual(await textsOf(`<script type="${type}">${A}</script>`), [A], type);
  }
  for (const type of ["application/json", "text/javascript", "x-application/ld+json"]) {
    assert.deepEqual(await kindsOf(`<script type="${type}">${A}</script>`), ["no_jsonld"], type);
  }
});

test("JSON-LD in a comment, a textarea, a style or a noscript is not read", async () => {
  const script = `<script type="application/ld+json">${A}</script>`;
  for (const body of [`<!-- ${script} -->`, `<textarea>${script}</textarea>`, `<noscript>${script}</noscript>`]) {
    assert.deepEqual(await kindsOf(body), ["no_jsonld"], body);
  }
});

test("entities in a script are left as they are, in JSON served as such they are decoded and tags vanish", async () => {
  const json = '{"@context":{"@vocab":"https://schema.org/"},"@id":"https://x/","name":"<p>a &amp; b</p> 1 < 2"}';
  assert.deepEqual(await textsOf(pageOf(json)), [json]);
  const decoded = json.replace("<p>a &amp; b</p>", "a & b");
  assert.deepEqual(await textsOf(json, "application/ld+json"), [decoded]);
});

test("JSON that reading as HTML would break is kept as it stands", async () => {
  const json = '{"@context":{"@vocab":"https://schema.org/"},"@id":"https://x/","name":"say &quot;x&quot;"}';
  assert.deepEqual(await textsOf(json, "application/json"), [json]);
});

test("a page is JSON by its content type or by the extension of its path", async () => {
  assert.deepEqual(await textsOf(A, "application/ld+json; profile=x"), [A]);
  assert.deepEqual(await textsOf(A, "application/json"), [A]);
  for (const url of ["https://x.example/a.json", "https://x.example/a.jsonld?v=1"]) {
    const { documents } = await extract({ body: A, contentType: "text/plain", url });
    assert.deepEqual(
      documents.map(({ text }) => text),
      [A],
    );
  }
  assert.deepEqual(await kindsOf(A, "text/plain"), ["no_jsonld"]);
});

test("wrappers around JSON are taken off: comments, CDATA, a byte order mark", async () => {
  for (const wrapped of [
    `<!-- ${A} -->`,
    `<!--${A}//-->`,
    `<![CDATA[${A}]]>`,
    `//<![CDATA[\n${A}\n//]]>`,
    `/*<![CDATA[*/${A}/*]]>*/`,
    `\uFEFF${A}`,
    ` \n\uFEFF${A}`,
  ]) {
    const { documents, problems } = await extract({ body: pageOf(wrapped) });
    assert.deepEqual(
      documents.map(({ text }) => text.trim()),
      [A],
      wrapped,
    );
    assert.deepEqual(problems, []);
  }
});

test("a top-level array gives a document an element, written with sorted keys and escapes", async () => {
  const { documents, problems } = await extract({
    body: pageOf('[{"name":"<b>&","@context":"https://schema.org/","z":1e21}, 5, {"@context":"https://schema.org/"}]'),
  });
  assert.deepEqual(
    documents.map(({ text }) => text),
    [
      '{"@context":{"@vocab":"https://schema.org/"},"name":"\\u003cb\\u003e\\u0026","z":1e+21}',
      '{"@context":{"@vocab":"https://schema.org/"}}',
    ],
  );
  assert.deepEqual(problems, [
    { kind: "invalid_json", message: "element 2 of JSON-LD block 1 of 1 is a number; expected a JSON object" },
  ]);
});

test("a page without JSON-LD, an empty page and one with an empty script are told as such", async () => {
  for (const body of ["", "<html></html>", pageOf("  \n ")]) assert.deepEqual(await kindsOf(body), ["no_jsonld"], body);
});

test("a script that the page never closes is still read", async () => {
  assert.deepEqual(await textsOf(`<script type="application/ld+json">${A}`), [A]);
});

test("a document has its key, and metadata with the page's address as it came", async () => {
  const url = "https://x.example/a?b=1&c=é";
  const { documents } = await extract({ body: pageOf(A), url }, { sourceName: "my source" });
  const [document] = documents;
  assert.ok(document);
  assert.equal(document.key, `summoned/my source/${document.id}.jsonld`);
  assert.deepEqual(document.metadata, {
    url: "https://x.example/a?b=1&c=%C3%A9",
    sha1: document.id,
    uniqueid: document.id,
    jsonsha: sha1('<https://x/a> <https://schema.org/name> "a" .\n'),
    identifiertype: "identifiersha",
    matchedpath: "$['@id']",
    matchedstring: "[https://x/a]",
  });
});

test("a sitegraph is kept whole, under the hash of its text, without metadata", async () => {
  const body = `[${A},\n ${B}]`;
  const { documents } = await extract({ body, contentType: "application/json" }, { kind: "sitegraph" });
  assert.deepEqual(documents, [{ id: sha1(body), key: `summoned/s/${sha1(body)}.jsonld`, text: body, metadata: {} }]);
});

test("a sitegraph that is empty or no JSON is a problem and no document", async () => {
  for (const body of ["", "<html>404</html>", "{"]) {
    const { documents, problems } = await extract({ body }, { kind: "sitegraph" });
    assert.deepEqual(documents, []);
    assert.deepEqual(
      problems.map(({ kind }) => kind),
      ["invalid_json"],
    );
  }
});

test("a context from elsewhere inside the document is a problem that names it, and nothing is fetched", async () => {
  const { documents, problems } = await extract({
    body: pageOf(
      '{"@context":{"@vocab":"https://schema.org/"},"about":{"@context":"http://127.0.0.1:9/ctx.jsonld","x":1}}',
    ),
  });
  assert.deepEqual(documents, []);
  assert.equal(problems[0]?.kind, "invalid_jsonld");
  assert.match(problems[0].message, /http:\/\/127\.0\.0\.1:9\/ctx\.jsonld is remote/);
});

test("schema.org's context inside a document is known without the network", async () => {
  const nested = (context: string): Promise<{ readonly metadata: Readonly<Record<string, string>> }> =>
    documentOf(
      { "@graph": [{ "@context": context, "@type": "Dataset", name: "x" }] },
      { identifierType: "normalizedjsonsha" },
    );
  const first = await nested("https://schema.org/");
  assert.equal(first.metadata["identifiertype"], "jsonsha");
  for (const context of ["http://schema.org", "http://www.schema.org/", "https://schema.org/docs/jsonldcontext.json"]) {
    assert.equal((await nested(context)).metadata["jsonsha"], first.metadata["jsonsha"], context);
  }
});

test("the pages of a batch do not affect each other", async () => {
  const bad = await extract({ body: pageOf("{") });
  const good = await extract({ body: pageOf(A) });
  assert.equal(bad.documents.length, 0);
  assert.equal(good.documents.length, 1);
});
