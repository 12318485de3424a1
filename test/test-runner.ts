import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { run } from "node:test";
import { spec } from "node:test/reporters";

const root = fileURLToPath(new URL("../", import.meta.url));

/** A test that takes longer hangs. */
const TEST_LIMIT_MS = 5 * 60_000;

export interface RunTestsParams {
  /** Globs from the root. */
  readonly include: readonly string[];
  readonly exclude?: readonly string[];
  /** How many files at a time; default: one a processor. */
  readonly concurrency?: number;
  /** Whether a test that is skipped fails the run. Default false. */
  readonly failOnSkip?: boolean;
}

/**
 * Runs test files, each in a process of its own, and prints what came of them, node's summary last. The process ends
 * with 1 where one failed, where none was found and, if asked for, where one was skipped.
 */
export async function runTests(params: RunTestsParams): Promise<void> {
  const { include, exclude = [], concurrency = availableParallelism(), failOnSkip = false } = params;
  const files = globSync(include, { cwd: root, exclude: [...exclude, "node_modules/**"] }).toSorted();
  if (files.length === 0) {
    console.error(`no test file matches ${include.join(", ")}`);
    process.exitCode = 1;
    return;
  }
  const skipped: string[] = [];
  const events = run({
    cwd: root,
    files,
    concurrency,
    timeout: TEST_LIMIT_MS,
    execArgv: [
      "--disable-warning=ExperimentalWarning",
      "--import",
      new URL("rigs/web/register.ts", import.meta.url).href,
    ],
  });
  events.on("test:fail", () => {
    process.exitCode = 1;
  });
  events.on("test:pass", ({ name, file, skip }) => {
    if (skip !== undefined && skip !== false) skipped.push(`${file ?? ""}: ${name} (${String(skip)})`);
  });
  for await (const text of events.compose(new spec())) process.stdout.write(text as string);
  if (failOnSkip && skipped.length > 0) {
    console.error(`${skipped.length} tests were skipped, each a failure here:\n${skipped.join("\n")}`);
    process.exitCode = 1;
  }
}
