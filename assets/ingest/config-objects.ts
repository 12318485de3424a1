import { EngineError, isEngineError, type JsonObject, type ObjectStore } from "../../engine/index.ts";
import { type ConfigProblem, formatProblem } from "../config/config-problem.ts";

/** A configuration file larger than this is refused before it is read. */
export const MAX_CONFIG_BYTES = 16 * 1024 * 1024;
const MAX_SHOWN_PROBLEMS = 50;

export interface ReadConfigParams {
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly key: string;
  readonly signal: AbortSignal;
}

/** A configuration file's bytes; null where there is none. Throws `too_large`. */
export async function readConfigObject(params: ReadConfigParams): Promise<Buffer | null> {
  const { key } = params;
  try {
    const { details, body } = await params.store.get(params);
    if (details.sizeBytes > MAX_CONFIG_BYTES) {
      body.destroy();
      throw new EngineError(
        "too_large",
        `${key} has ${details.sizeBytes} bytes; a configuration file has at most ${MAX_CONFIG_BYTES}. Is it the right file?`,
      );
    }
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return Buffer.concat(chunks);
  } catch (error) {
    if (isEngineError(error, "object_not_found")) return null;
    throw error;
  }
}

export function missingConfig(params: Pick<ReadConfigParams, "bucket" | "key">): EngineError {
  return new EngineError(
    "config",
    `there is no ${params.key} in the bucket "${params.bucket}"; put it there, or set GLEANERIO_CONFIG_PATH to where it is`,
  );
}

/** Fails with the file's errors: nothing of it can be used, and what the last good file gave stays. */
export function unusableConfig(problems: readonly ConfigProblem[]): EngineError {
  const errors = problems.filter((problem) => problem.severity === "error");
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more problems)` : "";
  const message = first === undefined ? "the file tells nothing to go by" : `${formatProblem(first)}${more}`;
  return new EngineError("config", `${message}. What the last good file gave stays in force.`, {
    details: { problems: errors.slice(0, MAX_SHOWN_PROBLEMS).map(problemFacts) },
  });
}

/** Problems as metadata: how many, and the first ones as an editor's lines. */
export function problemMetadata(problems: readonly ConfigProblem[]): JsonObject {
  if (problems.length === 0) return {};
  return {
    errors: problems.filter((problem) => problem.severity === "error").length,
    warnings: problems.filter((problem) => problem.severity === "warning").length,
    problems: problems.slice(0, MAX_SHOWN_PROBLEMS).map(formatProblem),
  };
}

export function problemFacts(problem: ConfigProblem): JsonObject {
  return { severity: problem.severity, file: problem.file, line: problem.line, message: problem.message };
}
