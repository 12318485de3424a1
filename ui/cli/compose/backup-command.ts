import { createWriteStream, existsSync } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { backupDataDir, EngineError, isEngineError } from "../../../engine/operate.ts";
import { type Api, ApiProblem } from "../api.ts";
import type { Command, CommandContext, Given } from "../command.ts";
import { UsageError } from "../command.ts";
import type { ProjectPlan } from "./deployment.ts";
import type { StartContext } from "./start-command.ts";

/** The record of one project, of an engine that runs or of one that does not. */
export function backupCommand(context: StartContext): Command {
  return {
    name: "backup",
    usage: "[FILE]",
    summary: "Write the record as it is now into one file, while the engine goes on.",
    details:
      "Without FILE it is named after the project and the time, in this folder. What is there already is not overwritten.\n" +
      "It holds the record: history, partitions, values, tokens by their hashes; not the objects nor the triples.",
    options: {},
    async run(call) {
      const { given, terminal, signal } = call;
      if (given.positionals.length > 1) throw new UsageError("one file at a time");
      const { project, open } = await findRecord(call, context);
      const file = resolve(given.positionals[0] ?? defaultName(project, context.clock.now()));
      if (existsSync(file)) throw new EngineError("conflict", `${file} is there already; choose another name`);
      await writeWhole(file, { content: await open(), signal });
      const { size: bytes } = await stat(file);
      if (terminal.isJson) terminal.json({ file, bytes, project });
      else terminal.line(`${file}  ${bytes} bytes; put it back with: sheaf restore ${file}`);
      return 0;
    },
  };
}

/** The project that was named, or the first. Throws `not_found`. */
export function projectOf(context: Pick<StartContext, "deployment">, given: Given): ProjectPlan {
  const named = given.text("project");
  const plan = context.deployment(given).projects.find(({ name }) => named === undefined || name === named);
  if (plan === undefined) throw new EngineError("not_found", `there is no project "${named}"`);
  return plan;
}

interface FoundRecord {
  readonly project: string;
  readonly open: () => Promise<Readable>;
}

/** Of the engine that runs, wherever it is; without one, of the data directory. */
async function findRecord(call: CommandContext, context: StartContext): Promise<FoundRecord> {
  let api: Api;
  try {
    api = await call.api("changing");
  } catch (error) {
    // No engine runs; where one does that does not answer, the lock says so.
    if (!isEngineError(error, "conflict")) throw error;
    const { name, dataDir } = projectOf(context, call.given);
    const onProblem = ({ message }: EngineError): void => call.terminal.problem(message);
    return { project: name, open: () => backupDataDir({ ...context, project: name, dataDir, onProblem }) };
  }
  return { project: await projectAt(api), open: () => api.download("/backup") };
}

/** Asks what answers at once, also while the engine's disk fails, when a backup is wanted most. */
async function projectAt(api: Api): Promise<string> {
  const health = await api.get<{ readonly project: string }>("/health").catch((error: unknown) => {
    if (!(error instanceof ApiProblem) || error.status !== 503) throw error;
    return error.answer as { readonly project?: string };
  });
  if (health.project === undefined) throw new EngineError("conflict", `no engine answers at ${api.where}`);
  return health.project;
}

interface Written {
  readonly content: Readable;
  readonly signal: AbortSignal;
}

/** A file that stands under its name is whole. */
async function writeWhole(file: string, { content, signal }: Written): Promise<void> {
  const part = `${file}.part`;
  try {
    await pipeline(content, createWriteStream(part, { mode: 0o600, flush: true }), { signal });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    signal.throwIfAborted();
    if (isEngineError(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError("conflict", `the backup was cut off: ${reason}`, { cause: error });
  }
}

function defaultName(project: string, nowMs: number): string {
  const at = new Date(nowMs).toISOString().replaceAll(/[-:]/g, "").slice(0, 15);
  return `sheaf-${project}-${at}.tar.gz`;
}
