import assert from "node:assert/strict";
import { test } from "node:test";
import { Parser } from "n3";
import { sha1 } from "../../../assets/harvest/document/identify.ts";
import { organizationQuads } from "../../../assets/harvest/organization.ts";
import { provDocument } from "../../../assets/harvest/prov.ts";
import { goldenObjects, graphDifferences } from "../../rigs/golden.ts";

const GOLDEN_DAY_MS = Date.UTC(2026, 10, 22, 17, 50);

function goldenSource(name: string) {
  return {
    name,
    pid: `https://www.re3data.org/repository/${name}`,
    properName: `Demo ${name}`,
    domain: "http://127.0.0.1:8801",
    sourceType: name === "graphfile" ? "sitegraph" : "sitemap",
  } as const;
}

test("prov has gleaner's key, text and metadata, byte for byte", () => {
  const objects = goldenObjects("prov/").filter(({ key }) => /^prov\/(?:onedoc|graphfile|ocean|strid)\//.test(key));
  assert.ok(objects.length > 30);
  for (const { key, bytes, metadata } of objects) {
    const source = goldenSource(key.split("/")[1] ?? "");
    const id = metadata["sha1"] ?? "";
    const url = metadata["url"] ?? "";
    const harvest = { bucketInYaml: "" };
    const prov = provDocument({ source, harvest, id, url, atMs: GOLDEN_DAY_MS });
    assert.equal(prov.text, bytes.toString("utf8"));
    assert.equal(prov.key, key);
    assert.deepEqual(prov.metadata, { url, sha1: id });
  }
});

test("prov names the bucket of the configuration file", () => {
  const harvest = { bucketInYaml: "gleaner" };
  const { text } = provDocument({ source: goldenSource("x"), harvest, id: "1", url: "http://u/", atMs: 0 });
  assert.match(text, /"urn:gleaner:milled:x:1"/);
});

test("quotes and control characters leave prov JSON", () => {
  const source = { ...goldenSource("x"), pid: 'a "quoted" \n pid', properName: "\\" };
  const { text, key } = provDocument({ source, harvest: { bucketInYaml: "" }, id: "1", url: 'http://u/"', atMs: 0 });
  const graph = (JSON.parse(text) as { readonly "@graph": readonly Readonly<Record<string, unknown>>[] })["@graph"];
  assert.equal(graph[0]?.["@id"], 'a "quoted" \n pid');
  assert.equal(key, `prov/x/${sha1(text)}.jsonld`);
});

test("an organization is what gleaner makes of the source", async () => {
  for (const { key, bytes } of goldenObjects("orgs/")) {
    const name = key.slice("orgs/".length, -".nq".length);
    const golden = bytes.toString("utf8");
    const url =
      /<https:\/\/schema\.org\/url> "([^"]*\/(?:sitemap[\w-]*\.xml|robots\.txt|all\.json))"/.exec(golden)?.[1] ?? "";
    const made = organizationQuads({ ...goldenSource(name), url });
    assert.equal(made.key, key);
    assert.deepEqual(await graphDifferences(golden, made.text), [], name);
  }
});

test("the same source gives the same bytes, and quotes are escaped", () => {
  const source = { name: 'a "b"\\', url: "http://x/\n", pid: "https://p/" };
  const { text } = organizationQuads(source);
  assert.equal(text, organizationQuads({ ...source }).text);
  const quads = new Parser({ format: "N-Quads" }).parse(text);
  assert.equal(quads.length, 8);
  assert.ok(quads.some(({ object }) => object.value === 'a "b"\\'));
});

test("a pid that is no IRI is told as text, on a node without a name", () => {
  for (const pid of ["", "re3data 123", 'a "quoted" pid']) {
    const { text } = organizationQuads({ name: "x", url: "http://x/", pid });
    const quads = new Parser({ format: "N-Quads" }).parse(text);
    assert.equal(quads.length, 8);
    assert.ok(quads.some(({ subject, object }) => subject.termType === "BlankNode" && object.value === pid));
  }
});
