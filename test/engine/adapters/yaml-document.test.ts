import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MAX_YAML_ALIASES,
  MAX_YAML_BYTES,
  MAX_YAML_DEPTH,
  MAX_YAML_PROBLEMS,
  parseYaml,
} from "../../../engine/adapters/yaml-document.ts";

function parsed(text: string | Uint8Array) {
  const result = parseYaml({ text, file: "x.yaml" });
  assert.ok(result.ok, JSON.stringify(result));
  return result;
}

function problemsOf(text: string | Uint8Array): readonly string[] {
  const result = parseYaml({ text, file: "x.yaml" });
  assert.ok(!result.ok, "expected a failure");
  for (const problem of result.problems) assert.equal(problem.file, "x.yaml");
  return result.problems.map(({ line, column, reason }) => `${line}:${column} ${reason}`);
}

test("a document becomes plain frozen data", () => {
  const { value } = parsed("a: 1\nb: [x, 2.5, true, null]\nc: {d: 'e'}\n");
  assert.deepEqual(value, { a: 1, b: ["x", 2.5, true, null], c: { d: "e" } });
  assert.throws(() => ((value as { b: unknown[] }).b[0] = 1), TypeError);
});

test("an empty file, a comment and a null have the value null", () => {
  for (const text of ["", "# nothing\n", "---\n", "null"]) assert.equal(parsed(text).value, null);
});

test("byte order marks, CRLF and UTF-8 bytes are read", () => {
  assert.deepEqual(parsed("\uFEFFa: 1\r\nb:\r\n  - ü\r\n").value, { a: 1, b: ["ü"] });
  assert.deepEqual(parsed(Buffer.from("\uFEFFa: ü\n")).value, { a: "ü" });
});

test("every path has the position of its key or item", () => {
  const { position } = parsed("a: 1\nlist:\n  - name: x\n    url:\n  - y\n");
  assert.deepEqual(position(["a"]), { line: 1, column: 1 });
  assert.deepEqual(position(["list"]), { line: 2, column: 1 });
  assert.deepEqual(position(["list", 0]), { line: 3, column: 5 });
  assert.deepEqual(position(["list", 0, "url"]), { line: 4, column: 5 });
  assert.deepEqual(position(["list", 1]), { line: 5, column: 5 });
});

test("a path that leads nowhere has the position of what is above it", () => {
  const { position } = parsed("a: 1\nlist:\n  - name: x\n");
  assert.deepEqual(position(["list", 0, "url"]), { line: 3, column: 5 });
  assert.deepEqual(position(["list", 7]), { line: 2, column: 1 });
  assert.deepEqual(position(["none"]), { line: 1, column: 1 });
});

test("positions and spellings are found through aliases", () => {
  const { position, spelling } = parsed("x: &x\n  n: 007\ny: *x\n");
  assert.deepEqual(position(["y", "n"]), { line: 2, column: 3 });
  assert.equal(spelling(["y", "n"]), "007");
});

test("a scalar is given as the file spells it", () => {
  const { value, spelling } = parsed('a: 007\nb: "1\\u0032"\nc: [1.50]\nd: True\n');
  assert.deepEqual(value, { a: 7, b: "12", c: [1.5], d: true });
  assert.deepEqual(
    [spelling(["a"]), spelling(["b"]), spelling(["c", 0]), spelling(["d"])],
    ["007", "12", "1.50", "True"],
  );
  assert.equal(spelling(["c"]), undefined);
});

test("merge keys are followed and may repeat", () => {
  const text = "x: &x {a: 1, b: 2}\nz: &z {c: 3}\ny:\n  <<: *x\n  <<: *z\n  a: 4\n";
  assert.deepEqual((parsed(text).value as { y: unknown }).y, { a: 4, b: 2, c: 3 });
});

test("a merge key of something else is a problem", () => {
  assert.deepEqual(problemsOf("y:\n  <<: 5\n"), ['2:3 the merge key "<<" takes a mapping, or a list of mappings']);
});

test("a repeated key is a problem that names both lines", () => {
  assert.deepEqual(problemsOf("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n"), [
    '5:3 the key "c" stands twice in one mapping, first at line 3',
  ]);
});

// Comparing each key with each takes half a minute.
test("60,000 keys in one mapping are checked for repeats within seconds", { timeout: 15_000 }, () => {
  const text = Array.from({ length: 60_000 }, (_, index) => `k${index}: v`).join("\n");
  assert.equal(Object.keys(parsed(text).value as object).length, 60_000);
});

test("syntax problems come in file order, with line and column", () => {
  assert.deepEqual(problemsOf("a: b: c\n"), [
    '1:4 two "key:" on one line; give the second a line of its own, or quote the value',
  ]);
  assert.deepEqual(problemsOf("a:\n\tb: 1\n"), ["2:1 tabs cannot indent; use spaces"]);
  const several = problemsOf("a: @x\nb: %y\nc: 1\nd: `z\n");
  assert.deepEqual(
    several.map((problem) => problem.split(" ")[0]),
    ["1:4", "2:4", "4:4"],
  );
});

test("problems of one file are bounded, and counted", () => {
  const result = parseYaml({ text: "a: @x\n".repeat(500), file: "x.yaml" });
  assert.ok(!result.ok);
  assert.equal(result.problems.length, MAX_YAML_PROBLEMS);
  assert.equal(result.problemCount, 500);
});

test("a second document is a problem", () => {
  assert.deepEqual(problemsOf("a: 1\n---\nb: 2\n"), ['2:1 more than one YAML document; remove the second "---"']);
});

test("unknown tags are refused, and so are tags of types that are no plain data", () => {
  for (const tagged of ["!foo 1", "!!python/object:os.system {a: 1}", "!!binary aGk=", "!!set {a}"]) {
    const [problem] = problemsOf(`a: ${tagged}\n`);
    assert.match(problem ?? "", /^1:4 a tag \(!…\) of something that is no plain data/);
  }
  assert.deepEqual(parsed("a: !!str 1\n").value, { a: "1" });
});

test("keys that are no text are refused", () => {
  assert.match(problemsOf("? [a, b]\n: 1\n")[0] ?? "", /keys must be strings/);
});

test("an alias bomb is refused quickly", () => {
  const levels = Array.from({ length: 12 }, (_, level) => {
    const items =
      level === 0
        ? "x,x,x,x,x,x,x,x,x"
        : Array(9)
            .fill(`*a${level - 1}`)
            .join(",");
    return `a${level}: &a${level} [${items}]`;
  });
  assert.match(problemsOf(levels.join("\n"))[0] ?? "", /more than 500000 values, aliases followed/);
});

test("more aliases than the limit are refused", () => {
  const text = `a: &a 1\nb: [${Array(MAX_YAML_ALIASES + 1)
    .fill("*a")
    .join(", ")}]\n`;
  assert.match(problemsOf(text)[0] ?? "", /more than 1000 aliases/);
});

test("an alias of itself, and one of nothing, are problems", () => {
  assert.deepEqual(problemsOf("a: &a [*a]\n"), ["1:8 an alias (*) inside of its own anchor (&)"]);
  assert.deepEqual(problemsOf("a: *b\n"), ["1:4 an alias (*) of an anchor (&) that is not above it"]);
});

test("nesting is bounded, whatever it is made of", () => {
  assert.ok(parsed("[".repeat(MAX_YAML_DEPTH) + "]".repeat(MAX_YAML_DEPTH)).ok);
  for (const depth of [MAX_YAML_DEPTH + 1, 1_000, 50_000]) {
    for (const text of ["[".repeat(depth) + "]".repeat(depth), "- ".repeat(depth) + "x", "{a: ".repeat(depth)]) {
      const result = parseYaml({ text, file: "x.yaml" });
      assert.ok(!result.ok);
    }
  }
  assert.match(problemsOf("- ".repeat(MAX_YAML_DEPTH + 1) + "x")[0] ?? "", /nested more than 64 levels deep/);
});

test("a file over the limit is refused by its size alone", () => {
  const [problem] = problemsOf("a".repeat(10 * 1024 * 1024));
  assert.equal(problem, "1:1 the file has 10.0 MiB, at most 2 MiB are read");
  assert.match(problemsOf("ü".repeat(MAX_YAML_BYTES / 2 + 1))[0] ?? "", /at most 2 MiB/);
});

test("binary files, other encodings and control characters are refused with their place", () => {
  assert.deepEqual(problemsOf("a: 1\nb: \0x"), ["2:4 not a text file: it holds the character U+0000"]);
  assert.deepEqual(problemsOf(Buffer.from("a: 1\nb: caf\xe9\n", "latin1")), ["2:7 not a text file, or not in UTF-8"]);
  assert.deepEqual(problemsOf(Buffer.from("\uFEFFa: 1\n", "utf16le")), ["1:1 the file is UTF-16; save it as UTF-8"]);
  assert.match(problemsOf("a: \u001b[31m")[0] ?? "", /U\+001B/);
});

test("a key named __proto__ is data and touches no prototype", () => {
  const { value } = parsed("__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}\n");
  assert.deepEqual(Object.keys(value as object), ["__proto__", "constructor"]);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test("problems never quote values, which may be credentials", () => {
  const secret = "hunter2hunter2";
  const broken = [
    `secretkey: a: ${secret}\n`,
    `secretkey: "${secret}\n`,
    `secretkey: [${secret}\n`,
    `secretkey: x\n${secret}\n`,
    `a: 1\n ${secret}: {\n`,
    `secretkey: @${secret}\n`,
    `secretkey: "x" ${secret}\n`,
    `secretkey: *${secret}\n`,
    `}${secret}\n`,
    `- a\n${secret}\n- ]${secret}\n`,
    `secretkey: |${secret}\n`,
    `secretkey: !${secret}\n`,
    `secretkey: !${secret}!x\n`,
    `%${secret}\n---\na: 1\n`,
    `}<<: }]${secret}{#*`,
    `: |<<: ${secret}@"!a`,
  ];
  for (const text of broken) assert.doesNotMatch(problemsOf(text).join("\n"), new RegExp(secret), text);
});

// Each seed gives other files; what fails is to be kept in the list above.
test("4,000 files of random pieces are read or refused, and no problem quotes them (seed 7)", () => {
  const pieces = ["a", ": ", "- ", "\n", "  ", "[", "]", "{", "}", '"', "'", "&", "*", "!", "%", "|", ">", "#", "? "];
  const more = [
    "hunter2",
    "hunter2b",
    ",",
    "\t",
    "---\n",
    "...\n",
    "\\",
    "@",
    "`",
    "<<: ",
    "&x ",
    "*x",
    "\r\n",
    "\uFEFF",
  ];
  const all = [...pieces, ...more];
  let state = 7;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >>> 8) % below;
  };
  for (let round = 0; round < 4_000; round += 1) {
    const text = Array.from({ length: 2 + next(12) }, () => all[next(all.length)]).join("");
    const result = parseYaml({ text, file: "x.yaml" });
    if (result.ok) continue;
    assert.ok(result.problems.length > 0 && result.problemCount >= result.problems.length, JSON.stringify(text));
    assert.doesNotMatch(JSON.stringify(result.problems.map(({ reason }) => reason)), /hunter2/, JSON.stringify(text));
  }
});
