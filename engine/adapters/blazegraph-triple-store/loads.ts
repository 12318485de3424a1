import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { checkLoadScope } from "../../core/load-scope.ts";
import type { IdSource } from "../../core/ports/time.ts";
import type { RemoveOutcome, RemoveParams, ReplaceOutcome, ReplaceParams } from "../../core/ports/triple-store.ts";
import { bodyChunks } from "../object-store/body-chunks.ts";
import type { Preparer } from "../rdf-work/preparer.ts";
import { dropGraphs, MAX_DROPS, removeGraphs } from "../rdf-work/replacement-update.ts";
import { countGraphs, readScope } from "./scope-reading.ts";
import type { ServerCalls } from "./server-calls.ts";

export interface LoadContext {
  readonly calls: ServerCalls;
  readonly preparer: Preparer;
  readonly ids: IdSource;
  /** The folder in which bodies and what the server holds are compared; swept and made before the first load. */
  readonly spool: () => Promise<string>;
}

/** How many of the graphs that were removed are named. */
const MAX_NAMED = 1_000;

/**
 * Reads what the server holds within the scope, compares it with the body on this machine, and sends what has to go
 * and to come as one transaction: N-Quads of both by push, streamed from disk at either end; an update where blank
 * nodes have to go, since no N-Quads can name them (the server then holds what changes in memory). Others who write
 * into the scope at the same time are not seen.
 */
export async function replaceScope(params: ReplaceParams, context: LoadContext): Promise<ReplaceOutcome> {
  const { namespace, scope, format, body, signal } = params;
  const { calls } = context;
  checkLoadScope(scope);
  const { prefixes, unit } = scope;
  const kind = await calls.kindOf(namespace, signal);
  return inFolder(context, async (folder) => {
    const [bodyPath, presentPath, removedPath, addedPath, updatePath] = [
      "body",
      "present",
      "remove",
      "add",
      "update",
    ].map((name) => join(folder, name)) as [string, string, string, string, string];
    await pipeline(Readable.from(bodyChunks(body, signal)), createWriteStream(bodyPath));
    await readScope(calls, { namespace, kind, prefixes, signal }, presentPath);
    const blankPrefix = `u${createHash("sha256").update(unit).digest("hex").slice(0, 12)}x`;
    const {
      statements,
      scope: change,
      byUpdate,
    } = await context.preparer.run(
      "difference",
      {
        kind,
        prefixes,
        body: { path: bodyPath, format, blankPrefix },
        present: { path: presentPath, format: "application/n-quads", blankPrefix: "present" },
        scratch: join(folder, "work"),
        removedPath,
        addedPath,
        updatePath,
      },
      signal,
    );
    if (byUpdate) await calls.runFile(namespace, { path: updatePath, signal });
    else if (change.removed + change.added > 0) await calls.push(namespace, { removedPath, addedPath, signal });
    return { statements, replaced: change.before, goneGraphs: change.gone, goneGraphCount: change.goneCount };
  });
}

/** Empties a scope in one transaction. */
export async function removeScope(params: RemoveParams, context: LoadContext): Promise<RemoveOutcome> {
  const { namespace, scope, signal } = params;
  const { calls } = context;
  checkLoadScope(scope);
  const { prefixes } = scope;
  const kind = await calls.kindOf(namespace, signal);
  if (kind === "triples") {
    const empty: ReplaceParams = { ...params, format: "application/n-quads", body: Readable.from([]) };
    const { replaced, goneGraphs, goneGraphCount } = await replaceScope(empty, context);
    return { statements: replaced, graphs: goneGraphs, graphCount: goneGraphCount };
  }
  const counts = await countGraphs(calls, { namespace, kind, prefixes, signal }, "counts");
  const graphs = [...counts.keys()].sort();
  if (graphs.length > 0) {
    const operations = graphs.length <= MAX_DROPS ? dropGraphs(graphs) : [removeGraphs(prefixes)];
    await inFolder(context, async (folder) => {
      const path = join(folder, "update");
      await writeFile(path, operations.join("\n"));
      await calls.runFile(namespace, { path, signal });
    });
  }
  const statements = counts.values().reduce((sum, count) => sum + count, 0);
  return { statements, graphs: graphs.slice(0, MAX_NAMED), graphCount: graphs.length };
}

/** A server's own folder below `directory`, emptied of what a kill has left there. */
export function spoolFolder(directory: string, address: string): () => Promise<string> {
  const folder = join(directory, createHash("sha256").update(address).digest("hex").slice(0, 16));
  let swept: Promise<string> | null = null;
  const sweep = async (): Promise<string> => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  };
  return () =>
    (swept ??= sweep().catch((error: unknown) => {
      swept = null;
      throw error;
    }));
}

async function inFolder<T>(context: LoadContext, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(await context.spool(), context.ids.uuid());
  await mkdir(folder);
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
