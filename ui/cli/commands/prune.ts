import type { PruneReport } from "../../../engine/operate.ts";
import type { Command } from "../command.ts";

export const pruneCommand: Command = {
  name: "prune",
  usage: "",
  summary: "Remove now what the retention lets go of; the engine does so by itself once an hour.",
  options: { "dry-run": { type: "boolean", summary: "count what would go first, and remove nothing" } },
  async run(context) {
    const { given, terminal } = context;
    const dryRun = given.flag("dry-run");
    const report = await (
      await context.api("changing")
    ).send<PruneReport>("POST", { path: "/prune", body: { dryRun } });
    if (terminal.isJson) {
      terminal.json(report);
      return 0;
    }
    const words: readonly (readonly [number, string])[] = [
      [report.runs, "runs"],
      [report.ticks, "ticks"],
      [report.events, "events"],
      [report.logLines, "log lines"],
      [report.materializations, "materializations"],
      [report.evaluations, "evaluations of checks"],
      [report.audit, "entries of the audit trail"],
      [report.plans + report.tagSets, "plans and sets of tags"],
      [report.values, "values"],
      [report.pages, "pages of the file"],
    ];
    const told = words.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
    const gone = told.join(", ") || "nothing";
    terminal.line(dryRun ? `${gone} would go (at most 1000 of a kind are counted)` : `${gone} went`);
    return 0;
  },
};
