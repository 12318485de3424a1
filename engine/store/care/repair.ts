import { EngineError } from "../../core/errors.ts";

/** What every refusal of a damaged record ends with. */
export const REPAIR_PATH =
  "Sheaf changes nothing by itself. To repair: stop Sheaf, then restore the newest backup with: sheaf restore FILE (it keeps what is " +
  "there now aside); docs/backup.md tells what can be done without a backup";

export function corruptError(what: string, cause?: unknown): EngineError {
  return new EngineError("corrupt", `${what}. ${REPAIR_PATH}`, { cause });
}
