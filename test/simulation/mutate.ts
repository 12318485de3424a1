import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { mutatedSource, type Mutation, mutations, root } from "./mutations.ts";
import type { SeedsReport } from "./run-seeds.ts";

/**
 * `npm run simulate:mutations -- [--seeds N] [--only TEXT] [--write]`: breaks a copy of the engine in one way after the
 * other and simulates until it is noticed. `--write` puts the table into the guide.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "2000" },
    only: { type: "string", default: "" },
    write: { type: "boolean", default: false },
  },
});

const GUIDE = path.join(root, "docs/reliability.md");
const TABLE = /(<!-- mutations -->\n)[\s\S]*(<!-- end of mutations -->)/;

interface Found {
  readonly mutation: Mutation;
  /** Null: it was not noticed. */
  readonly seeds: number | null;
  readonly invariant: string;
}

async function find(mutation: Mutation): Promise<Found> {
  const copy = mkdtempSync(path.join(tmpdir(), "sheaf-mutation-"));
  try {
    for (const part of ["engine", "test/simulation", "test/rigs", "package.json"]) {
      cpSync(path.join(root, part), path.join(copy, part), { recursive: true });
    }
    symlinkSync(path.join(root, "node_modules"), path.join(copy, "node_modules"));
    writeFileSync(path.join(copy, mutation.file), mutatedSource(mutation));
    const report = await simulateIn(copy);
    const first = report.failures[0];
    return { mutation, seeds: first?.seed ?? null, invariant: first?.invariant ?? "" };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function simulateIn(folder: string): Promise<SeedsReport> {
  const args = ["test/simulation/run.ts", "--seeds", values.seeds, "--failures", "1", "--json"];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  const output = await text(child.stdout);
  return JSON.parse(output) as SeedsReport;
}

function tableOf(found: readonly Found[]): string {
  const rows = found.map(({ mutation, seeds, invariant }) => {
    const place = mutation.file.replace(/^engine\//, "");
    return `| ${mutation.name} | \`${place}\` | ${invariant} | ${seeds ?? "not found"} |`;
  });
  return ["| deliberate fault | where | breaks | seeds that it took |", "|---|---|---|---:|", ...rows, ""].join("\n");
}

const found: Found[] = [];
for (const mutation of mutations.filter(({ name }) => name.includes(values.only))) {
  const result = await find(mutation);
  found.push(result);
  console.log(
    `${result.seeds === null ? "NOT FOUND" : `${result.seeds} seeds, ${result.invariant}`}: ${mutation.name}`,
  );
}
if (values.write) writeFileSync(GUIDE, readFileSync(GUIDE, "utf8").replace(TABLE, `$1${tableOf(found)}$2`));
process.exitCode = found.some(({ seeds }) => seeds === null) ? 1 : 0;
