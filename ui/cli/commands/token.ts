import type { Access, Role } from "../../../engine/operate.ts";
import { type Command, type CommandContext, UsageError } from "../command.ts";
import { tableLines } from "../table.ts";
import { printable } from "../terminal.ts";

const roles: readonly Role[] = ["viewer", "operator", "admin"];

export const tokenCommand: Command = {
  name: "token",
  usage: "create <name> | list | revoke <id>",
  summary: "Make, show and revoke API tokens. A token is shown once.",
  options: { role: { type: "string", value: roles.join("|"), summary: "what it may do; default viewer" } },
  async run(context) {
    const [verb, subject, ...rest] = context.given.positionals;
    if (rest.length > 0) throw new UsageError(`too many words: ${rest.join(" ")}`);
    if (verb === "list" && subject === undefined) return await list(context);
    if (verb === "create" && subject !== undefined) return await create(context, subject);
    if (verb === "revoke" && subject !== undefined) return await revoke(context, subject);
    throw new UsageError("token takes create <name>, list, or revoke <id>");
  },
};

async function create(context: CommandContext, name: string): Promise<number> {
  const { given, terminal } = context;
  const wanted = given.text("role") ?? "viewer";
  const role = roles.find((known) => known === wanted);
  if (role === undefined) throw new UsageError(`--role is one of ${roles.join(", ")}`);
  const api = await context.api("changing");
  const made = await api.send<{ id: string; token: string }>("POST", { path: "/tokens", body: { name, role } });
  if (terminal.isJson) terminal.json(made);
  else terminal.line(made.token);
  return 0;
}

async function list(context: CommandContext): Promise<number> {
  const { terminal } = context;
  const tokens = await (await context.api("changing")).get<{ items: ReturnType<Access["tokens"]> }>("/tokens");
  if (terminal.isJson) {
    terminal.json(tokens);
    return 0;
  }
  const rows = tokens.items.map((token) => [
    token.id,
    token.role,
    token.createdAt.slice(0, 16).replace("T", " "),
    token.revokedAt === null ? (token.lastUsedAt?.slice(0, 16).replace("T", " ") ?? "never used") : "revoked",
    printable(token.name),
  ]);
  const [head = "", ...lines] = tableLines([["id", "role", "made", "last used", "name"], ...rows], terminal.columns);
  terminal.line(terminal.style("dim", head));
  for (const line of lines) terminal.line(line);
  return 0;
}

async function revoke(context: CommandContext, id: string): Promise<number> {
  const api = await context.api("changing");
  await api.send("DELETE", { path: `/tokens/${encodeURIComponent(id)}` });
  if (context.terminal.isJson) context.terminal.json({ ok: true });
  else context.terminal.line(`revoked ${id}`);
  return 0;
}
