import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { formatProblem } from "../../../assets/config/config-problem.ts";
import { parseNabuFile } from "../../../assets/config/nabu-file.ts";
import { parseSourcesFile } from "../../../assets/config/sources-file.ts";
import { parseTenantFile } from "../../../assets/config/tenant-file.ts";

const bomb = Array.from({ length: 12 }, (_, level) => {
  const items =
    level === 0
      ? "x,x,x,x,x,x,x,x,x"
      : Array(9)
          .fill(`*a${level - 1}`)
          .join(",");
  return `a${level}: &a${level} [${items}]`;
}).join("\n");

const hostile: Readonly<Record<string, readonly [string | Uint8Array, RegExp]>> = {
  "10 MB of text": ["sources:\n".padEnd(10 * 1024 * 1024, "- {name: a}\n"), /^f:1: error: .*has 10\.0 MiB, at most 2/],
  "a program": [readFileSync(process.execPath).subarray(0, 100_000), /^f:\d+: error: .*not a text file/],
  "a text with a NUL": ["sources:\n- name: a\0b\n", /^f:2: error: .*U\+0000/],
  "UTF-16": [Buffer.from("\uFEFFsources: []", "utf16le"), /^f:1: error: .*UTF-16/],
  "an alias bomb": [`${bomb}\nsources: *a11\n`, /^f:6: error: .*aliases followed/],
  "deep nesting": [`sources: ${"[".repeat(5_000)}${"]".repeat(5_000)}`, /^f:1: error: .*nested more than 64/],
  "tabs for indentation": ["sources:\n\t- name: a\n", /^f:2: error: .*tabs cannot indent/],
  "an unknown tag": ["sources: !!python/object/apply:os.system [x]\n", /^f:1: error: .*a tag/],
  "two documents": ["sources: []\n---\nsources: []\n", /^f:2: error: .*more than one YAML document/],
};

for (const [what, [text, expected]] of Object.entries(hostile)) {
  test(`${what} is one clear error in every configuration file, and drops nothing`, () => {
    const sources = parseSourcesFile({ text, file: "f" });
    const tenants = parseTenantFile({ text, file: "f" });
    const nabu = parseNabuFile({ text, file: "f" });
    for (const { problems } of [sources, tenants, nabu]) {
      assert.equal(problems.length, 1);
      assert.match(problems.map(formatProblem).join(""), expected);
    }
    assert.deepEqual([sources.sources, tenants.tenants, nabu.orgName], [undefined, undefined, undefined]);
  });
}

test("CRLF and a byte order mark change nothing", () => {
  const text = "sources:\n- name: a\n  url: http://x\n  active: true\n- name: b/c\n";
  const plain = parseSourcesFile({ text, file: "f" });
  const windows = parseSourcesFile({ text: `\uFEFF${text.replaceAll("\n", "\r\n")}`, file: "f" });
  assert.deepEqual(windows, plain);
  assert.deepEqual(plain.active, ["a"]);
});

test("aliases and merge keys, used as they are meant, work", () => {
  const text = `defaults: &d {active: true, headless: true}
sources:
- {name: a, url: http://x, <<: *d}
- {name: b, url: http://x, <<: *d, headless: false}
`;
  const { sources, problems } = parseSourcesFile({ text, file: "f" });
  assert.deepEqual(
    sources?.map(({ name, active, headless }) => [name, active, headless]),
    [
      ["a", true, true],
      ["b", true, false],
    ],
  );
  assert.deepEqual(problems, []);
});

/** One slip of an editor: a line lost, doubled, moved, shifted, cut, or joined with the next. */
function slip(lines: string[], next: (below: number) => number): void {
  const at = next(lines.length);
  const line = lines[at] ?? "";
  const other = next(lines.length);
  const slips = [
    () => lines.splice(at, 1),
    () => lines.splice(at, 0, line),
    () => lines.splice(other, 0, ...lines.splice(at, 1)),
    () => lines.splice(at, 1, ` ${line}`),
    () => lines.splice(at, 1, line.slice(0, next(line.length + 1))),
    () => lines.splice(at, 2, line + (lines[at + 1] ?? "")),
    () => lines.splice(at, 1, line.replace(": ", ":")),
  ];
  slips[next(slips.length)]?.();
}

const seed = Number(process.env["SHEAF_TEST_SEED"] ?? 1);

test(`a file with random slips is read or refused, and never half read (seed ${seed})`, () => {
  const original = readFileSync(new URL("../../data/configs/ecrr/gleanerconfig.yaml", import.meta.url), "utf8");
  const nsdf = readFileSync(new URL("../../data/configs/nsdf/gleanerconfig.yaml", import.meta.url), "utf8");
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return below === 0 ? 0 : (state >>> 8) % below;
  };
  for (let round = 0; round < 150; round += 1) {
    const lines = (round % 5 === 0 ? nsdf : original).split("\n");
    for (let count = 1 + next(4); count > 0; count -= 1) slip(lines, next);
    const text = lines.join("\n");
    const { sources, active, unsettled, problems } = parseSourcesFile({ text, file: "f" });
    const names = sources?.map(({ name }) => name) ?? [];
    assert.equal(new Set(names).size, names.length, text);
    assert.ok(
      active.every((name) => names.includes(name)),
      text,
    );
    assert.ok(!unsettled.some((name) => names.includes(name)), text);
    if (sources === undefined)
      assert.ok(
        problems.some(({ severity }) => severity === "error"),
        text,
      );
    for (const { line } of problems) assert.ok(line === null || (line >= 1 && line <= lines.length), text);
  }
});
