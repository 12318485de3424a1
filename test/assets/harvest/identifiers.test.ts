import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DEFAULT_PATHS,
  orderedPaths,
  pathMatcher,
  refusedPath,
} from "../../../assets/harvest/document/identifier-paths.ts";
import { goPrint } from "../../../assets/harvest/document/go-print.ts";
import { sha1 } from "../../../assets/harvest/document/identify.ts";
import { documentOf, documentText, pageOf, extract } from "../../rigs/documents.ts";

interface Published {
  readonly id: string;
  readonly type: string;
  readonly path: string;
  readonly matched: string;
  readonly jsonsha: string;
}

const published = Object.entries(
  JSON.parse(documentText("geocodes/published-identifiers.json")) as Readonly<Record<string, Published>>,
);

for (const [file, expected] of published) {
  test(`${file} gets the id and the hashes that gleaner published for it`, async () => {
    const { documents } = await extract(
      { body: pageOf(documentText(`geocodes/${file}`)) },
      { fixContextOption: 0, contextStrict: true },
    );
    const metadata = documents[0]?.metadata ?? {};
    assert.deepEqual(
      {
        id: documents[0]?.id,
        type: metadata["identifiertype"],
        path: metadata["matchedpath"],
        matched: metadata["matchedstring"],
        jsonsha: metadata["jsonsha"],
      },
      expected,
    );
  });
}

test("an id is the hash of the printed list, brackets included", () => {
  assert.equal(sha1("[https://doi.org/10.1594/IEDA/100621]"), "a340bc5e7139e9386176099c5a24e68db3923236");
  assert.equal(sha1("[https://ds.iris.edu/ds/products/syngine/]"), "61af1c32ec3cef177fe6169132c3c9c4de62f284");
  assert.equal(sha1("[doi:10.1575/1912/bco-dmo.2343.1]"), "b757fdf54ec4dec3211f1d04aa0f7f0e98c54be0");
  assert.equal(
    sha1("[doi:10.1575/1912/bco-dmo.2343.1 doi:10.1575/1912/bco-dmo.2343.1N]"),
    "54f213d3196d3040511c0fc4817bf70a05efef05",
  );
  assert.equal(sha1("[file://]"), "b0da4608108cc13563b2b80fddd601b562df6d3b");
});

const vectors: readonly (readonly [file: string, paths: string, matched: string, path: string])[] = [
  ["jsonId.json", "$['@id']", "[idenfitier]", "$['@id']"],
  ["jsonId.json", "@.identifier", "[doi:10.1575/1912/bco-dmo.2343.1]", "@.identifier"],
  [
    "jsonId.json",
    "$.identifierSArray[?(@.propertyID=='https://registry.identifiers.org/registry/doi')].value",
    "[doi:10.1575/1912/bco-dmo.2343.1 doi:10.1575/1912/bco-dmo.2343.1N]",
    "$.identifierSArray[?(@.propertyID=='https://registry.identifiers.org/registry/doi')].value",
  ],
  ["jsonIdPaths.json", "$.identifier.value,$.identifier,$['@id']", "[idenfitier]", "$['@id']"],
  ["jsonIdentifierPath.json", "$.identifier.value,$.identifier,$['@id']", "[doi:10]", "$.identifier"],
  [
    "jsonIdentifierObjectPath.json",
    "$.identifier['value'],$.identifier,$['@id']",
    "[doi:10.1575/1912/bco-dmo.2343.1]",
    "$.identifier['value']",
  ],
  [
    "jsonIdentifierArraySingle.json",
    DEFAULT_PATHS[1] ?? "",
    "[doi:10.1575/1912/bco-dmo.2343.1]",
    DEFAULT_PATHS[1] ?? "",
  ],
  [
    "jsonIdentifierArrayMultiple.json",
    DEFAULT_PATHS[1] ?? "",
    "[doi:10.1575/1912/bco-dmo.2343.1 doi:10.1575/1912/bco-dmo.2343.1N]",
    DEFAULT_PATHS[1] ?? "",
  ],
  ["problemChildIris.json", DEFAULT_PATHS.join(), "[https://ds.iris.edu/ds/products/emtf/]", "$['@id']"],
  ["problemChildOpentop.json", DEFAULT_PATHS.join(), "[OTDS.062020.32611.1]", "$.identifier.value"],
  [
    "jsonGraphWifire.json",
    DEFAULT_PATHS.join(),
    "[https://wifire-data.sdsc.edu/dataset/8fd44c38-f6d3-429c-a785-1498dfaa2a6a]",
    DEFAULT_PATHS[0] ?? "",
  ],
];

for (const [index, [file, paths, matched, path]] of vectors.entries()) {
  test(`published path vector ${index + 1}: ${file} gives ${matched}`, () => {
    const match = pathMatcher(paths.split(","))(JSON.parse(documentText(`identifier/${file}`)));
    assert.equal(match?.printed, matched);
    assert.equal(match.path, path);
  });
}

test("values print as Go prints them", () => {
  assert.equal(goPrint({ b: 1, a: ["x", null, true, 1.5] }), "map[a:[x <nil> true 1.5] b:1]");
  assert.equal(
    goPrint([1234567.5, 9291041754864156672, 1e21, 0.00001, 0.0001, 123456, -0.25, 12345678]),
    "[1.2345675e+06 9291041754864156672 1e+21 1e-05 0.0001 123456 -0.25 12345678]",
  );
  assert.equal(goPrint("lone \ud800"), "lone \ufffd");
});

test("a list value is printed in a list, an object as a map, null as <nil>; an empty string is no value", async () => {
  const matchedOf = async (identifier: unknown): Promise<string | undefined> =>
    (await documentOf({ "@context": "https://schema.org/", "@id": "https://x/", identifier })).metadata[
      "matchedstring"
    ];
  assert.equal(await matchedOf(["a", "b"]), "[[a b]]");
  assert.equal(await matchedOf({ "@id": "https://y/" }), "[map[@id:https://y/]]");
  assert.equal(await matchedOf(12345), "[12345]");
  assert.equal(await matchedOf(""), "[https://x/]");
  const nothing = pathMatcher(["$.identifier"]);
  assert.equal(nothing({ identifier: null })?.printed, "[<nil>]");
  assert.equal(nothing({ identifier: "" }), null);
  assert.equal(nothing({}), null);
});

test("the path that is listed last is tried first, and those of the defaults move", () => {
  assert.deepEqual(orderedPaths("$.sameAs, $.url").slice(0, 3), ["$.url", "$.sameAs", DEFAULT_PATHS[0]]);
  assert.equal(orderedPaths("$.url").length, DEFAULT_PATHS.length);
});

test("a filter compares strictly: a list that holds the value is not the value", () => {
  const match = pathMatcher(DEFAULT_PATHS)({ "@graph": [{ "@type": ["schema:Dataset"], "@id": "x" }], "@id": "y" });
  assert.equal(match?.printed, "[y]");
});

test("paths that would run code, loop or are none are refused with a reason, and find nothing", () => {
  const hostile = [
    "$.a[?(@.constructor.constructor('return process')())]",
    "$[?(@.a.repeat(1e9))]",
    "$[(@.length-1)]",
    "$[?match(@.a, '(a+)+$')]",
    "$[?(@.a=1)]",
    "x",
    "$.",
    `$${".a".repeat(400)}`,
    "$.__proto__.polluted[?(",
  ];
  for (const path of hostile) {
    assert.equal(typeof refusedPath(path), "string", path);
    assert.equal(pathMatcher([path])({ a: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" }), null, path);
  }
  assert.equal(refusedPath("$.sameAs"), null);
  assert.equal(pathMatcher(["$.__proto__", "$.constructor", "$.toString"])({ x: 1 }), null);
});

test("normalizedjsonsha hashes the statements; without any it is the hash of the text in hex twice over", async () => {
  const options = { identifierType: "normalizedjsonsha" };
  const first = await documentOf(`{"@context":{"@vocab":"https://schema.org/"},"name":"x","url":"y"}`, options);
  const second = await documentOf(`{"url":"y","name":"x","@context":{"@vocab":"https://schema.org/"}}`, options);
  assert.equal(first.id, second.id);
  assert.equal(first.metadata["identifiertype"], "jsonsha");
  const empty = await documentOf(`{"name":"no context"}`, options);
  assert.equal(empty.id, Buffer.from(sha1(`{"name":"no context"}`)).toString("hex"));
  assert.equal(empty.id.length, 80);
  assert.equal(empty.metadata["identifiertype"], "normalizedjsonsha");
});

test("identifiersha without a match falls to the hash of the statements", async () => {
  const { id, metadata } = await documentOf({ "@context": "https://schema.org/", name: "nothing else" });
  assert.equal(metadata["identifiertype"], "jsonsha");
  assert.equal(id, metadata["jsonsha"]);
  assert.equal("matchedpath" in metadata, false);
});

test("an unknown identifier type is the hash of the text", async () => {
  const text = `{"@context":{"@vocab":"https://schema.org/"},"name":"x"}`;
  for (const identifierType of ["filesha", "", "sourceurl", "jsonsha"]) {
    const { id, metadata } = await documentOf(text, { identifierType });
    assert.equal(id, sha1(text));
    assert.equal(metadata["identifiertype"], "filesha");
  }
});

test("identifierstring is the path of the IRI, decoded; ark keeps its parts apart by underscores", async () => {
  const idOf = async (id: string): Promise<string> =>
    (await documentOf({ "@context": "https://schema.org/", "@id": id }, { identifierType: "identifierstring" })).id;
  assert.equal(await idOf("https://www.hydroshare.org/resource/9fce6c8d#schemaorg"), "resource/9fce6c8d");
  assert.equal(await idOf("https://example.org/a%20b"), "a b");
  assert.equal(await idOf("doi:10.17882/42182"), "doi:10.17882/42182");
  assert.equal(await idOf("https://n2t.net/ark:/23942/g2"), "ark_23942_g2");
});

test("identifierstring keeps the hash of the text as sha1 and jsonsha", async () => {
  const { id, text, metadata } = await documentOf(
    { "@context": { "@vocab": "https://schema.org/" }, "@id": "https://example.org/floats" },
    { identifierType: "identifierstring" },
  );
  assert.equal(id, "floats");
  assert.equal(metadata["sha1"], sha1(text));
  assert.equal(metadata["jsonsha"], sha1(text));
  assert.equal(metadata["uniqueid"], "floats");
});

test("an id that cannot be a key gives way to the hash of the text, and that is told", async () => {
  for (const id of [
    "https://x.example/../../secret",
    "https://x.example/",
    "https://x.example/a//b",
    "https://x.example/a%00b",
    `https://x.example/${"y".repeat(300)}`,
  ]) {
    const body = pageOf(JSON.stringify({ "@context": { "@vocab": "https://schema.org/" }, "@id": id }));
    const { documents, problems } = await extract({ body }, { identifierType: "identifierstring" });
    assert.match(documents[0]?.id ?? "", /^[0-9a-f]{40}$/, id);
    assert.deepEqual(
      problems.map(({ kind }) => kind),
      ["identifier"],
      id,
    );
  }
});
