import assert from "node:assert/strict";
import { test } from "node:test";
import { formatProblem, MAX_CONFIG_PROBLEMS } from "../../../assets/config/config-problem.ts";
import { parseSourcesFile } from "../../../assets/config/sources-file.ts";

function parse(text: string | Uint8Array) {
  const file = parseSourcesFile({ text, file: "g.yaml" });
  return { ...file, told: file.problems.map(formatProblem) };
}

/** A source that goes on beside each bad one. */
const GOOD = "- {name: good, url: 'http://good.example/s.xml', active: true}\n";

const expected = 'expected letters, digits, "_", "-" and "."';

test("active is read from text, words and numbers, with one warning for text", () => {
  const { active, sources, told } = parse(`sources:
- {name: a, url: http://x, active: 'true'}
- {name: b, url: http://x, active: "false"}
- {name: c, url: http://x, active: yes}
- {name: d, url: http://x, active: 1}
- {name: e, url: http://x, active: True}
- {name: f, url: http://x, active: off}
- {name: g, url: http://x, active: true}
`);
  assert.deepEqual(active, ["a", "c", "d", "e", "g"]);
  assert.equal(sources?.length, 7);
  assert.deepEqual(told, [
    'g.yaml:2: warning: 4 of 7 sources have "active" as text (a, b, c, …); write true or false, without quotes',
  ]);
});

test("a missing, null or empty active is inactive, with one warning a file", () => {
  const { active, told } = parse(`sources:\n${GOOD}- {name: a, url: http://x}
- {name: b, url: http://x, active: }
- {name: c, url: http://x, active: ''}
`);
  assert.deepEqual(active, ["good"]);
  assert.deepEqual(told, [
    'g.yaml:3: warning: 3 of 4 sources have no "active" and count as inactive (a, b, c); ' +
      'write "active: true" for those to be harvested',
  ]);
});

test("a source whose active cannot be read is unsettled, and the others go on", () => {
  const { active, sources, unsettled, told } = parse(`sources:\n- {name: a, url: http://x, active: maybe}\n${GOOD}`);
  assert.deepEqual([active, sources?.length, unsettled], [["good"], 1, ["a"]]);
  assert.deepEqual(told, ['g.yaml:2: error: source a: "active" takes true or false: this source stays as it was']);
});

test("of a repeated name the first active entry counts, else the first", () => {
  const { sources, active, told } = parse(`sources:
- {name: a, url: http://one, active: false}
- {name: b, url: http://one, active: false}
- {name: a, url: http://two, active: true}
- {name: a, url: http://three, active: true}
- {name: b, url: http://two, active: false}
`);
  assert.deepEqual(
    sources?.map(({ name, url }) => `${name} ${url}`),
    ["a http://two", "b http://one"],
  );
  assert.deepEqual(active, ["a"]);
  assert.deepEqual(told, [
    'g.yaml:2: warning: the name "a" stands at lines 2 and 4 and 5: the entry at line 4 counts, this one is left out',
    'g.yaml:5: warning: the name "a" stands at lines 2 and 4 and 5: the entry at line 4 counts, this one is left out',
    'g.yaml:6: warning: the name "b" stands at lines 3 and 6: the entry at line 3 counts, this one is left out',
  ]);
});

const badNames: readonly (readonly [string, string])[] = [
  ["a/b", '"a/b" holds a slash'],
  ["a\\b", '"a\\\\b" holds a slash'],
  ["a b", '"a b" holds white space'],
  ["a\u00a0b", '"a\u00a0b" holds white space'],
  ["a\tb", '"a\\tb" holds a control character'],
  ["a\u0085b", '"a\u0085b" holds a control character'],
  [".", '"." is a folder\'s own name'],
  ["..", '".." is a folder\'s own name'],
  ["a:b", '"a:b" holds ":"'],
  ["a%zz", '"a%zz" holds "%"'],
  ["a<b", '"a<b" holds "<"'],
  ["a\u202eb", '"a\u202eb" holds "\u202e"'],
  ["all", '"all" is the word for "every source"'],
  ["x".repeat(129), `"${"x".repeat(60)}…" has 129 bytes, at most 128 are possible`],
];

for (const [name, reason] of badNames) {
  test(`a source named ${JSON.stringify(name).slice(0, 20)} is left out with its line, and the good one goes on`, () => {
    const { active, told } = parse(
      `sources:\n${GOOD}- name: ${JSON.stringify(name)}\n  url: http://x\n  active: true\n`,
    );
    assert.deepEqual(active, ["good"]);
    assert.deepEqual(told, [`g.yaml:3: error: the name ${reason}: this source is left out; ${expected}`]);
  });
}

test("names with dots are fine, with a word about nabu", () => {
  const { active, told } = parse("sources:\n- {name: x.y.z, url: http://x, active: true}\n");
  assert.deepEqual(active, ["x.y.z"]);
  assert.deepEqual(told, [
    'g.yaml:2: warning: the name "x.y.z" holds a dot: fine here, but nabu\'s image writes "x.y_release.nq"',
  ]);
});

test("names of letters of any script, of digits, and names like __proto__ are fine", () => {
  const names = ["größe", "données", "データ", "007", "__proto__", "constructor", "true", "x".repeat(128)];
  const items = names.map((name) => `- {name: ${name}, url: http://x, active: true}\n`);
  const { active, told } = parse(`sources:\n${items.join("")}`);
  assert.deepEqual([active, told], [names, []]);
});

test("items without a name, and items that are no mapping, are left out with their lines", () => {
  const { active, told } = parse(`sources:\n${GOOD}-\n- just text\n- url: http://x\n  active: true\n- [a]\n`);
  assert.deepEqual(active, ["good"]);
  const noMapping = 'this item of "sources" is no mapping: left out; expected "name:", "url:" and so on';
  assert.deepEqual(told, [
    `g.yaml:3: error: ${noMapping}`,
    `g.yaml:4: error: ${noMapping}`,
    'g.yaml:5: error: this source has no "name": left out; expected a name that is unique in the file',
    `g.yaml:7: error: ${noMapping}`,
  ]);
});

test("an active source without a usable url stays a source, with an error; an inactive one has a warning", () => {
  const { active, sources, told } = parse(`sources:
- {name: a, active: true}
- {name: b, active: true, url: 'ftp://x'}
- {name: c, active: true, url: not an address}
- {name: d, active: false}
- {name: e, active: true, url: ' https://x.example/s.xml '}
- {name: f, active: true, url: [http://x]}
`);
  assert.deepEqual(active, ["a", "b", "c", "e", "f"]);
  assert.equal(sources?.find(({ name }) => name === "e")?.url, "https://x.example/s.xml");
  assert.deepEqual(told, [
    'g.yaml:2: error: source a: "url" is missing; expected http://… or https://…',
    'g.yaml:3: error: source b: "url" is not a web address; expected http://… or https://…',
    'g.yaml:4: error: source c: "url" is not a web address; expected http://… or https://…',
    'g.yaml:5: warning: source d: "url" is missing; expected http://… or https://…',
    'g.yaml:7: warning: "url" takes plain text, not a list or a mapping: left out',
    'g.yaml:7: error: source f: "url" is missing; expected http://… or https://…',
  ]);
});

test("keys are read in any case, and a second spelling is told", () => {
  const { sources, harvest, told } = parse(`Sources:
- NAME: a
  Url: http://x
  Active: true
  IdentifierPath: $.x
  identifierpath: $.y
SUMMONER: {Threads: 3}
`);
  assert.equal(sources?.[0]?.identifierPath, "$.x");
  assert.equal(harvest.threads, 3);
  assert.deepEqual(told, [
    'g.yaml:6: warning: "identifierpath" is "IdentifierPath" in other letters, and keys are read in any case: ' +
      "the first counts",
  ]);
});

test("numbers and booleans are read from text, and what cannot be read has its default and a warning", () => {
  const { sources, told } = parse(`sources:
- {name: a, url: http://x, active: true, delay: "250", headlesswait: -1, apipagelimit: 3.0, headless: 'true'}
- name: b
  url: http://x
  active: true
  delay: -5
  headlesswait: soon
  apipagelimit: 1e99
  headless: perhaps
`);
  const figures = sources?.map((s) => [s.delayMs, s.headlessWaitS, s.apiPageLimit, s.headless]);
  assert.deepEqual(figures, [
    [250, -1, 3, true],
    [0, 0, 0, false],
  ]);
  assert.deepEqual(told, [
    'g.yaml:6: warning: "delay" takes a whole number from 0 to 3600000: taken as 0',
    'g.yaml:7: warning: "headlesswait" takes a whole number from -3600 to 3600: taken as 0',
    'g.yaml:8: warning: "apipagelimit" takes a whole number from 0 to 1000000000: taken as 0',
    'g.yaml:9: warning: "headless" takes true or false: taken as false',
  ]);
});

test("fixcontextoption is a number, or a word with a warning", () => {
  const { sources, told } = parse(`sources:
- {name: a, url: http://x, active: true, fixcontextoption: 2}
- {name: b, url: http://x, active: true, fixcontextoption: "3"}
- {name: c, url: http://x, active: true, fixcontextoption: https}
- {name: d, url: http://x, active: true, fixcontextoption: standardizedHttp}
- {name: e, url: http://x, active: true, fixcontextoption: 5}
- {name: f, url: http://x, active: true, fixcontextoption: }
`);
  assert.deepEqual(
    sources?.map(({ fixContextOption }) => fixContextOption),
    [2, 3, 1, 4, 0, 0],
  );
  assert.deepEqual(told, [
    'g.yaml:4: warning: source c: fixcontextoption "https" is read as 1; gleaner refuses words',
    'g.yaml:5: warning: source d: fixcontextoption "standardizedHttp" is read as 4; gleaner refuses words',
    'g.yaml:6: warning: source e: fixcontextoption "5" is read as 0; expected 0 (strict), 1 (https), 2 (http), ' +
      "3 (standardized https) or 4 (standardized http)",
  ]);
});

test("unknown source and identifier types, and an api without a page number, have a warning", () => {
  const { sources, told } = parse(`sources:
- {name: a, url: http://x, active: true, sourcetype: csv}
- {name: b, url: http://x, active: true, identifiertype: identifersha}
- {name: c, url: http://x, active: true, sourcetype: api}
- {name: d, url: 'http://x/?page=%d', active: true, sourcetype: api}
- {name: e, url: http://x, active: true, identifiertype: filesha}
`);
  assert.deepEqual(
    sources?.map(({ sourceType }) => sourceType),
    ["csv", "sitemap", "api", "api", "sitemap"],
  );
  assert.deepEqual(told, [
    'g.yaml:2: warning: source a: unknown sourcetype "csv"; expected sitemap, sitegraph, robots, api, googledrive',
    'g.yaml:3: warning: source b: unknown identifiertype "identifersha": documents are named by the SHA-1 of their ' +
      "text; expected identifiersha, identifierstring or normalizedjsonsha",
    "g.yaml:4: warning: source c: the url of an api needs a %d where the page number goes",
  ]);
});

test("other and unknown keys are gathered, in lower case", () => {
  const { sources } = parse(`sources:
- name: a
  url: http://x
  active: true
  other: {Set: queue, n: 3}
  Backend: CKAN
  tags: [x, y]
  __proto__: {polluted: 1}
`);
  const other = sources?.[0]?.other ?? {};
  assert.deepEqual(Object.entries(other), [
    ["set", "queue"],
    ["n", 3],
    ["backend", "CKAN"],
    ["tags", ["x", "y"]],
    ["__proto__", { polluted: 1 }],
  ]);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test("what holds for the whole file is read, with gleaner's real defaults", () => {
  const { harvest, told } = parse(`context: {strict: "true"}
gleaner: {mill: 'false', runid: 12}
minio: {bucket: b, secretkey: s3cr3t}
summoner: {threads: 0, delay: 250, headless: "http://headless:9222/"}
sources: []
`);
  assert.deepEqual(harvest, {
    threads: 5,
    delayMs: 250,
    contextStrict: true,
    bucketInYaml: "b",
    mill: false,
    runId: "12",
  });
  assert.deepEqual(told, [
    'g.yaml:4: warning: "headless" ends in a slash, on which gleaner panics: take it off',
    'g.yaml:4: warning: "threads" takes a whole number from 1 to 1000: taken as 5',
    'g.yaml:5: warning: the list of sources is empty ("sources: []")',
  ]);
});

test("sections that are missing, null or of another kind harm nothing", () => {
  const { harvest, active, told } = parse(`summoner:\ncontext: yes\nsources:\n${GOOD}`);
  assert.deepEqual([harvest.threads, active], [5, ["good"]]);
  assert.deepEqual(told, ['g.yaml:2: warning: "context" takes a mapping: left out']);
});

const noSources: Readonly<Record<string, string>> = {
  "": 'g.yaml:1: error: the file is empty; expected a "sources:" list',
  "# only a comment\n": 'g.yaml:1: error: the file is empty; expected a "sources:" list',
  "minio: {}\nsources: null\n":
    'g.yaml:2: error: there are no sources; expected "sources:" with one item ("- name: …") a source',
  "minio: {}\n": 'g.yaml:1: error: there are no sources; expected "sources:" with one item ("- name: …") a source',
  "sources: {name: a}\n":
    'g.yaml:1: error: "sources" is not a list; expected "sources:" with one item ("- name: …") a source',
  "- name: a\n": 'g.yaml:1: error: the file holds no mapping at its top; expected a "sources:" list',
  "just text": 'g.yaml:1: error: the file holds no mapping at its top; expected a "sources:" list',
  "sources:\n- name: a\n  url: x: y\n":
    'g.yaml:3: error: the file cannot be read as YAML: two "key:" on one line; give the second a line of its own, ' +
    "or quote the value",
  "sources:\n- name: a\n  url: http://x\n  name: b\n":
    'g.yaml:4: error: the file cannot be read as YAML: the key "name" stands twice in one mapping, first at line 2',
};

for (const [text, problem] of Object.entries(noSources)) {
  test(`${JSON.stringify(text)} has one clear error and leaves what was`, () => {
    const { sources, active, told } = parse(text);
    assert.deepEqual([sources, active, told], [undefined, [], [problem]]);
  });
}

test("an empty list is a list, and a list in which nothing can be read is none", () => {
  assert.deepEqual(parse("sources: []").sources, []);
  assert.equal(parse("sources:\n- {name: a/b}\n").sources, undefined);
});

test("the result is frozen, plain data that can cross to a worker", () => {
  const { told: _, ...file } = parse(`sources:\n${GOOD}`);
  assert.deepEqual(structuredClone(file), file);
  const [source] = file.sources ?? [];
  assert.ok(Object.isFrozen(file.sources) && Object.isFrozen(source) && Object.isFrozen(source?.other));
});

test("problems are bounded, and counted", () => {
  const { told } = parse(`sources:\n${"- {name: a/b}\n".repeat(600)}`);
  assert.equal(told.length, MAX_CONFIG_PROBLEMS + 1);
  assert.equal(told.at(-1), "g.yaml: warning: 100 more problems are not shown");
});
