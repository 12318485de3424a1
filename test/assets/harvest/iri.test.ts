import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "oxigraph";
import { isAbsoluteIri, isAcceptedIri, isLanguageTag, isReleasableIri } from "../../../assets/harvest/document/iri.ts";

function parses(line: string): boolean {
  try {
    new Store().load(line, { format: "application/n-triples" });
    return true;
  } catch {
    return false;
  }
}

/** A small generator, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

const PIECES =
  "http urn doi : / // ? # % %20 %zz [ ] [::1] [1::2::3] @ a b.c :80 :x é \u00a0 \ue000 \ufffe \u{1f600} \u{e0001} \u{1fffe} ' ( * , ; = ! $ & + - _ . \u200b \ufdd0 \ufffd".split(
    " ",
  );

test("an IRI that goes into a release is one that a triplestore takes (seed 7)", () => {
  const next = random(7);
  let accepted = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const start = next() < 0.6 ? "http://" : next() < 0.5 ? "urn:" : "";
    const pieces = Array.from({ length: 1 + Math.floor(next() * 5) }, () => PIECES[Math.floor(next() * PIECES.length)]);
    const iri = start + pieces.join("");
    if (!isReleasableIri(iri)) continue;
    accepted += 1;
    assert.ok(parses(`<http://s/> <http://p/> <${iri}> .`), JSON.stringify(iri));
  }
  assert.ok(accepted > 1_000, `only ${accepted} were accepted`);
});

test("ordinary IRIs go into a release", () => {
  for (const iri of [
    "https://schema.org/name",
    "http://a.b.c.d/x?y=1&z=%20#f",
    "file://dataset/77",
    "urn:gleaner.io:eco:iris:data:0f7b",
    "doi:10.1575/1912/bco-dmo.2343.1",
    "mailto:a@b.org",
    "http://localhost:8080/é",
    "http://[::1]:80/",
    "metadata:doi:10.7288/V4",
  ]) {
    assert.ok(isReleasableIri(iri), iri);
  }
});

test("relative IRIs, blanks, brackets, broken escapes and two fragments do not go into a release", () => {
  for (const iri of [
    "",
    "rel",
    "#frag",
    "http://a.b/sp ace",
    "http://a.b/?q[]=1",
    "http://a.b/%zz",
    "http://a.b/#x#y",
    "http://a.b/<x>",
    "http://a.b/{x}",
    "urn:a b",
    "http://a.b:port/",
    `http://a.b/${"x".repeat(2083)}`,
  ]) {
    assert.equal(isReleasableIri(iri), false, iri);
  }
});

test("a hash is made over what json-gold keeps: only http IRIs are judged", () => {
  assert.equal(isAcceptedIri("urn:foo bar"), true);
  assert.equal(isAcceptedIri("http://a.b/{x}"), true);
  assert.equal(isAcceptedIri("http://a.b/sp ace"), false);
  assert.equal(isAcceptedIri("http://a b/"), false);
  assert.equal(isAcceptedIri("http://a/%zz"), false);
});

test("what has a scheme, and a blank node, is absolute", () => {
  for (const iri of ["http://a/", "urn:x y", "_:b0", "file://"]) assert.ok(isAbsoluteIri(iri), iri);
  for (const iri of ["", "a/b", "#x", "a b:c", "é:x", "http://a/%zz"]) assert.equal(isAbsoluteIri(iri), false, iri);
});

test("language tags are those that a triplestore takes", () => {
  for (const tag of ["en", "en-US", "zh-Hant-TW", "de-419", "sl-rozaj-biske", "en-x-foo", "x-a", "abcd", "en-u-co"]) {
    assert.ok(isLanguageTag(tag), tag);
    assert.ok(parses(`<http://s/> <http://p/> "x"@${tag} .`), tag);
  }
  for (const tag of ["", "e", "en_US", "en-", "en-1", "ab-c", "en-abcdefghi", "en-aaa-bbb-ccc-ddd", "12"]) {
    assert.equal(isLanguageTag(tag), false, tag);
  }
});
