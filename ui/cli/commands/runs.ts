import type { Page, RunDetailView, RunView, StepView } from "../../../engine/operate.ts";
import { type Command, type CommandContext, UsageError } from "../command.ts";
import { runName, stepName } from "../names.ts";
import { runTime, tableLines } from "../table.ts";
import { printable, type Style } from "../terminal.ts";
import { wholeNumber } from "./materialize.ts";
import { failureLines, withAllSteps } from "./progress.ts";

const DEFAULT_LIMIT = 20;

export const runsCommand: Command = {
  name: "runs",
  usage: "[show <id> | cancel <id> | reexecute <id> | prioritize <id> --priority <number>]",
  summary: "Show the newest runs, or one; cancel one; run one again; let a queued one go sooner or later.",
  options: {
    status: {
      type: "string",
      multiple: true,
      value: "word",
      summary: "queued, running, failed, …; may be given again",
    },
    job: { type: "string", value: "name", summary: "of this job" },
    asset: { type: "string", value: "key", summary: "with this asset" },
    partition: { type: "string", value: "key", summary: "of this partition" },
    limit: { type: "string", short: "n", value: "number", summary: `how many; default ${DEFAULT_LIMIT}` },
    priority: { type: "string", value: "number", summary: "of a queued run: higher goes first" },
    from: { type: "string", value: "where", summary: "reexecute from failure (default), all, or a step's number" },
  },
  async run(context) {
    const [verb, id, ...rest] = context.given.positionals;
    if (verb === undefined) return await listRuns(context);
    if (id === undefined || rest.length > 0) throw new UsageError(`runs ${verb} takes the id of one run`);
    switch (verb) {
      case "show":
        return await showRun(context, id);
      case "cancel":
        return await cancelRun(context, id);
      case "reexecute":
        return await reexecute(context, id);
      case "prioritize":
        return await prioritize(context, id);
      default:
        throw new UsageError(`runs does not know "${verb}"`);
    }
  },
};

export const statusStyles: Readonly<Record<RunView["status"], Style>> = {
  queued: "dim",
  starting: "cyan",
  running: "cyan",
  succeeded: "green",
  failed: "red",
  canceling: "yellow",
  canceled: "yellow",
};

async function listRuns(context: CommandContext): Promise<number> {
  const { given, terminal, clock } = context;
  const query = new URLSearchParams({ limit: given.text("limit") ?? String(DEFAULT_LIMIT) });
  for (const status of given.texts("status")) query.append("status", status);
  for (const name of ["job", "asset", "partition"]) {
    const value = given.text(name);
    if (value !== undefined) query.set(name, value);
  }
  const page = await (await context.api("reading")).get<Page<RunView>>(`/runs?${query.toString()}`);
  if (terminal.isJson) {
    terminal.json(page);
    return 0;
  }
  const nowMs = clock.now();
  const rows = page.items.map((run) => [
    run.id,
    terminal.style(statusStyles[run.status], run.status),
    printable(runName(run)),
    printable(run.partition ?? (run.partitionCount > 1 ? `${run.partitionCount} partitions` : "")),
    runTime(run, nowMs),
    printable(run.error?.message ?? run.waitingFor ?? run.reason),
  ]);
  const [head = "", ...lines] = tableLines(
    [["run", "status", "job", "partition", "time", "why"], ...rows],
    terminal.columns,
  );
  terminal.line(terminal.style("dim", head));
  for (const line of lines) terminal.line(line);
  return 0;
}

async function showRun(context: CommandContext, id: string): Promise<number> {
  const { terminal, clock } = context;
  const api = await context.api("reading");
  const run = await withAllSteps(await api.get<RunDetailView>(`/runs/${encodeURIComponent(id)}`), api);
  if (terminal.isJson) {
    terminal.json(run);
    return 0;
  }
  const nowMs = clock.now();
  terminal.line(`${run.id}  ${terminal.style(statusStyles[run.status], run.status)}  ${runTime(run, nowMs)}`);
  terminal.line(printable(`${runName(run)}  ${run.partition ?? ""}  ${run.reason}`));
  const rows = run.steps.map((step) => [
    `  ${step.step}`,
    step.status,
    stepName(step),
    printable(step.partition ?? ""),
    runTime(step, nowMs),
    printable(step.error?.message ?? step.waitReason ?? foundBy(step) ?? step.reason),
  ]);
  for (const line of tableLines(rows, terminal.columns)) terminal.line(line);
  for (const line of failureLines(run)) terminal.line(terminal.style("red", line));
  return 0;
}

/** What a check found; null of what is none, or found nothing. */
function foundBy({ evaluation }: StepView): string | null {
  if (evaluation === null) return null;
  return evaluation.description === "" ? evaluation.outcome : `${evaluation.outcome}: ${evaluation.description}`;
}

async function cancelRun(context: CommandContext, id: string): Promise<number> {
  const api = await context.api("changing");
  const run = await api.send<RunView>("POST", { path: `/runs/${encodeURIComponent(id)}/cancel` });
  if (context.terminal.isJson) context.terminal.json(run);
  else context.terminal.line(`run ${id} ${run.status}`);
  return 0;
}

async function prioritize(context: CommandContext, id: string): Promise<number> {
  const given = context.given.text("priority");
  if (given === undefined) throw new UsageError("runs prioritize needs --priority <number>");
  const api = await context.api("changing");
  const body = { priority: wholeNumber("--priority", given) };
  const run = await api.send<RunView>("POST", { path: `/runs/${encodeURIComponent(id)}/priority`, body });
  if (context.terminal.isJson) context.terminal.json(run);
  else context.terminal.line(`run ${id} has the priority ${run.priority}`);
  return 0;
}

async function reexecute(context: CommandContext, id: string): Promise<number> {
  const given = context.given.text("from") ?? "failure";
  const from = /^\d+$/.test(given) ? { step: Number(given) } : given;
  const api = await context.api("changing");
  const made = await api.send<{ run: string }>("POST", {
    path: `/runs/${encodeURIComponent(id)}/reexecute`,
    body: { from },
  });
  if (context.terminal.isJson) context.terminal.json(made);
  else context.terminal.line(`run ${made.run}`);
  return 0;
}
