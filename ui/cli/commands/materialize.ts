import type { PreviewView } from "../../../engine/operate.ts";
import { type Command, type CommandContext, type Given, type Options, UsageError } from "../command.ts";
import { stepName } from "../names.ts";
import { printable } from "../terminal.ts";
import { failureLines, followBackfill, followRun } from "./progress.ts";

const options: Options = {
  job: { type: "string", value: "name", summary: "the assets of a job" },
  check: { type: "string", multiple: true, value: "key", summary: "a check, as <asset>:<name>; may be given again" },
  checks: { type: "string", value: "which", summary: "all (as without this), none, or only: not the assets" },
  partition: { type: "string", multiple: true, value: "key", summary: "a partition; may be given again" },
  partitions: { type: "string", value: "which", summary: "all, missing, failed or stale" },
  where: {
    type: "string",
    multiple: true,
    value: "dimension=key",
    summary: "partitions by a dimension, e.g. source=iris; may be given again",
  },
  from: { type: "string", value: "key", summary: "a range of keys, with --to" },
  to: { type: "string", value: "key", summary: "its last key" },
  tag: { type: "string", multiple: true, value: "name=value", summary: "a tag of the runs; may be given again" },
  priority: { type: "string", value: "number", summary: "higher goes first" },
  "run-key": { type: "string", value: "key", summary: "do nothing where this key was used" },
  "key-policy": { type: "string", value: "word", summary: "what a used key allows: once, until-success or always" },
  preview: { type: "boolean", summary: "only show what would run, and why" },
};

export const materializeCommand: Command = {
  name: "materialize",
  usage: "<selection>",
  summary: "Make assets: one run, or a backfill where it takes more.",
  details: 'A selection is keys, "group:load", "tag:a=b", "+x" (with upstream), "x+" (with downstream), and, or, not.',
  options: { ...options, wait: { type: "boolean", summary: "wait for the end; fails where a step did" } },
  run: async (context) => await ask(context, { isWaiting: context.given.flag("wait") }),
};

export const backfillCommand: Command = {
  name: "backfill",
  usage: "<selection>",
  summary: "Make assets for many partitions, and show how far it is.",
  details: "Without a choice of partitions it takes those that are missing. Ctrl-C leaves it running.",
  options: { ...options, detach: { type: "boolean", short: "d", summary: "do not wait for the end" } },
  run: async (context) => await ask(context, { isWaiting: !context.given.flag("detach"), fallback: "missing" }),
};

interface Asked {
  /** Of one run. */
  readonly runs?: readonly string[];
  /** Of more than one run. */
  readonly backfill?: string;
}

async function ask(context: CommandContext, params: { isWaiting: boolean; fallback?: string }): Promise<number> {
  const { given, terminal } = context;
  const body = requestOf(given, params.fallback);
  const api = await context.api("changing");
  if (given.flag("preview")) {
    const preview = await api.send<PreviewView>("POST", { path: "/materialize", body: { ...body, preview: true } });
    if (terminal.isJson) terminal.json(preview);
    else for (const line of previewLines(preview)) terminal.line(line);
    return 0;
  }
  const asked = await api.send<Asked>("POST", { path: "/materialize", body });
  const [run] = asked.runs ?? [];
  if (!params.isWaiting) {
    if (terminal.isJson) terminal.json(asked);
    else terminal.line(asked.backfill === undefined ? `run ${run}` : `backfill ${asked.backfill}`);
    return 0;
  }
  if (asked.backfill !== undefined) return await waitForBackfill(context, asked.backfill);
  return run === undefined ? 0 : await waitForRun(context, run);
}

function requestOf(given: Given, fallback: string | undefined): Record<string, unknown> {
  const selection = given.positionals.join(" or ");
  const job = given.text("job");
  const checks = checksOf(given);
  const isChosen = selection !== "" || job !== undefined;
  if ((selection !== "" && job !== undefined) || (!isChosen && typeof checks !== "object")) {
    throw new UsageError("give either a selection or --job, or checks alone by --check");
  }
  const priority = given.text("priority");
  const tags = Object.fromEntries(given.texts("tag").map((text) => pairOf("--tag", text)));
  const request = {
    selection: selection === "" ? undefined : selection,
    job,
    checks,
    partitions: partitionsOf(given) ?? fallback,
    tags: Object.keys(tags).length === 0 ? undefined : tags,
    priority: priority === undefined ? undefined : wholeNumber("--priority", priority),
    runKey: given.text("run-key"),
    keyPolicy: given.text("key-policy"),
  };
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
}

function checksOf(given: Given): unknown {
  const keys = given.texts("check");
  const which = given.text("checks");
  if (keys.length > 0 && which !== undefined) throw new UsageError("give either --check or --checks");
  return keys.length > 0 ? keys : which;
}

function partitionsOf(given: Given): unknown {
  const keys = given.texts("partition");
  const words = given.text("partitions");
  const where = given.texts("where");
  const [from, to] = [given.text("from"), given.text("to")];
  if ((from === undefined) !== (to === undefined)) throw new UsageError("--from and --to go together");
  const choices: unknown[] = [];
  if (keys.length > 0) choices.push(keys);
  if (words !== undefined) choices.push(words);
  if (where.length > 0) choices.push(keysByDimension(where));
  if (from !== undefined) choices.push({ from, to });
  if (choices.length > 1) throw new UsageError("give one of --partition, --partitions, --where, --from and --to");
  return choices[0];
}

function keysByDimension(where: readonly string[]): Record<string, string[]> {
  const keys: Record<string, string[]> = {};
  for (const [dimension, key] of where.map((text) => pairOf("--where", text))) (keys[dimension] ??= []).push(key);
  return keys;
}

function pairOf(option: string, text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`${option} takes name=value; got ${JSON.stringify(text)}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

export function wholeNumber(option: string, text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw new UsageError(`${option} takes a whole number; got ${JSON.stringify(text)}`);
  return Number(text);
}

function previewLines(preview: PreviewView): readonly string[] {
  const lines = [printable(`${preview.reason}: ${count(preview.runs, "run")}, ${count(preview.steps, "step")}`)];
  for (const wave of preview.waves) {
    const keys = wave.keys.slice(0, 10).join(", ");
    lines.push(
      printable(
        `  ${[...wave.assets, ...wave.checks].join(", ")}${wave.partitions === 0 ? "" : ` for ${wave.partitions}: ${keys}`}`,
      ),
    );
    for (const step of wave.firstRun) {
      lines.push(printable(`    ${stepName(step)} ${step.partition ?? ""}  ${step.reason}`));
    }
  }
  return lines;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

async function waitForRun(context: CommandContext, id: string): Promise<number> {
  const { terminal } = context;
  const run = await followRun(id, { ...context, api: await context.api("changing") });
  if (terminal.isJson) terminal.json(run);
  else {
    terminal.line(`run ${id} ${run.status}`);
    for (const line of failureLines(run)) terminal.line(terminal.style("red", `  ${line}`));
  }
  return run.status === "succeeded" ? 0 : 1;
}

async function waitForBackfill(context: CommandContext, id: string): Promise<number> {
  const { terminal } = context;
  const backfill = await followBackfill(id, { ...context, api: await context.api("changing") });
  if (terminal.isJson) terminal.json(backfill);
  else {
    const { status, succeeded, failed, canceled, total } = backfill;
    terminal.line(
      `backfill ${id} ${status}: ${succeeded} of ${total} succeeded, ${failed} failed, ${canceled} canceled`,
    );
  }
  return backfill.status === "succeeded" ? 0 : 1;
}
