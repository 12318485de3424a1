import type { BenchResult, BenchRow } from "./bench-row.ts";

/**
 * `[--json] [ROW…]`: measures the rows, one after the other, and prints their figures. The process ends with 1 where a row
 * misses its target, with 2 for a row that is not there.
 */
export async function runRows(rows: readonly BenchRow[], args: readonly string[]): Promise<void> {
  const wanted = args.filter((arg) => !arg.startsWith("--"));
  const unknown = wanted.filter((name) => !rows.some(({ row }) => row === name));
  if (unknown.length > 0) {
    console.error(`no such row: ${unknown.join(", ")}; there are ${rows.map(({ row }) => row).join(", ")}`);
    process.exitCode = 2;
    return;
  }
  const results: BenchResult[] = [];
  for (const row of rows) {
    if (wanted.length > 0 && !wanted.includes(row.row)) continue;
    const result = await row.measure();
    results.push(result);
    const verdict = row.passes(result) ? "reaches" : "MISSES";
    console.error(`${result.row}: ${result.value} ${result.unit}, ${verdict} its target (${result.target})`);
    for (const [name, figure] of Object.entries(result.details ?? {})) console.error(`  ${name}: ${figure}`);
    if (!row.passes(result)) process.exitCode = 1;
  }
  if (args.includes("--json")) console.log(JSON.stringify(results, null, 2));
  else
    console.table(
      Object.fromEntries(
        results.map(({ row, details, ...figures }) => [
          row,
          { ...figures, ...(details === undefined ? {} : { details: "above" }) },
        ]),
      ),
    );
}
