import { siblingModule, type WorkerPool } from "../../engine/index.ts";
import type { SourcesFile } from "../config/sources-file.ts";
import type { TenantFile } from "../config/tenant-file.ts";

export interface ParseConfigFileParams {
  readonly workers: WorkerPool;
  readonly text: Uint8Array;
  /** The name that problems carry. */
  readonly file: string;
  readonly signal: AbortSignal;
}

const PARSE_TIMEOUT_MS = 60_000;

/** Reads the sources file off the engine's thread: YAML takes about a second a megabyte. */
export function parseSources(params: ParseConfigFileParams): Promise<SourcesFile> {
  return inWorker(params, { module: "sources-file", task: "parseSourcesFile" });
}

/** Reads the tenant file off the engine's thread. */
export function parseTenants(params: ParseConfigFileParams): Promise<TenantFile> {
  return inWorker(params, { module: "tenant-file", task: "parseTenantFile" });
}

function inWorker<T>(
  params: ParseConfigFileParams,
  where: { readonly module: string; readonly task: string },
): Promise<T> {
  const { workers, text, file, signal } = params;
  return workers.run<T>({
    module: siblingModule(import.meta.url, `../config/${where.module}`),
    task: where.task,
    input: { text, file },
    timeoutMs: PARSE_TIMEOUT_MS,
    signal,
  });
}
