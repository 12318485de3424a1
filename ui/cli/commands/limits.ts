import type { LimitView } from "../../../engine/operate.ts";
import { type Command, type CommandContext, UsageError } from "../command.ts";
import { tableLines } from "../table.ts";
import { printable } from "../terminal.ts";
import { wholeNumber } from "./materialize.ts";

interface NamedLimit {
  readonly kind: LimitView["kind"];
  readonly key: string;
  readonly value: string;
}

export const limitsCommand: Command = {
  name: "limits",
  usage: "[set <limit> <number> | reset <limit>]",
  summary: "Show how much may go at the same time, and who holds the places; change it while it runs.",
  details:
    "A limit is runs, pool:<name>, tag:<key>=<value> (runs with that tag) or tag_value:<key> (runs of each value of a\n" +
    "tag or a dimension). What is set here goes over the workspace's; reset takes it back to that.",
  options: {},
  async run(context) {
    const [verb, name, number, ...rest] = context.given.positionals;
    if (verb === undefined) return show(context, (await listed(context)).items);
    if (verb === "set" && name !== undefined && number !== undefined && rest.length === 0) {
      return await put(context, { ...limitNamed(name), maximum: wholeNumber("limits set", number) });
    }
    if (verb === "reset" && name !== undefined && number === undefined) {
      return await put(context, { ...limitNamed(name), maximum: null });
    }
    throw new UsageError("limits takes nothing, set <limit> <number>, or reset <limit>");
  },
};

interface Listed {
  readonly items: readonly LimitView[];
}

async function listed(context: CommandContext): Promise<Listed> {
  return await (await context.api("reading")).get<Listed>("/limits");
}

async function put(context: CommandContext, limit: NamedLimit & { readonly maximum: number | null }): Promise<number> {
  const api = await context.api("changing");
  const { items } = await api.send<Listed>("PUT", { path: "/limits", body: limit });
  return show(context, items);
}

/** `tag:ingest=docker` and the like. */
function limitNamed(text: string): NamedLimit {
  const [kind, ...others] = text.split(":");
  const name = others.join(":");
  if (kind === "runs" && others.length === 0) return { kind, key: "", value: "" };
  if ((kind === "pool" || kind === "tag_value") && name !== "") return { kind, key: name, value: "" };
  const at = name.indexOf("=");
  if (kind === "tag" && at > 0) return { kind, key: name.slice(0, at), value: name.slice(at + 1) };
  throw new UsageError(
    `a limit is runs, pool:<name>, tag:<key>=<value> or tag_value:<key>; got ${JSON.stringify(text)}`,
  );
}

function nameOf({ kind, key, value }: LimitView): string {
  return kind === "runs" ? kind : kind === "tag" ? `tag:${key}=${value}` : `${kind}:${key}`;
}

function show({ terminal }: CommandContext, limits: readonly LimitView[]): number {
  if (terminal.isJson) {
    terminal.json({ items: limits, nextCursor: null });
    return 0;
  }
  const rows = limits.map((limit) => [
    printable(nameOf(limit)),
    `${limit.used} of ${limit.maximum}`,
    limit.origin,
    limit.holders.map(({ runId, step }) => (step === null ? runId : `${runId} step ${step}`)).join(", "),
  ]);
  const [head = "", ...lines] = tableLines([["limit", "used", "set by", "held by"], ...rows], terminal.columns);
  terminal.line(terminal.style("dim", head));
  for (const line of lines) terminal.line(line);
  return 0;
}
