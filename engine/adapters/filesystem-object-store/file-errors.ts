import { EngineError, isEngineError } from "../../core/errors.ts";

/** The error of a file system call, for `code` below. */
interface FileError extends Error {
  readonly code: string;
  readonly syscall: string;
}

/** Codes after which the same call may work later: too many open files, a full disk, a device that stutters. */
const PASSING_CODES = new Set(["EMFILE", "ENFILE", "EAGAIN", "EBUSY", "EIO", "ENOSPC", "EDQUOT", "ESTALE"]);

/** Codes that say: nothing there, or a file where a folder would have to be. */
export const ABSENT_CODES: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP"]);

function isFileError(error: unknown): error is FileError {
  return error instanceof Error && "code" in error && "syscall" in error && typeof error.code === "string";
}

/** The code of a file system call's error, `null` for any other error. */
export function fileErrorCode(error: unknown): string | null {
  return isFileError(error) ? error.code : null;
}

export function isAbsent(error: unknown): boolean {
  return ABSENT_CODES.has(fileErrorCode(error) ?? "");
}

/** What a call answers, or `null` where there is nothing to answer about. */
export async function unlessAbsent<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

/** Runs file system work for the store; its errors come out as `store_unavailable`, all others as they are. */
export async function mapFileErrors<T>(store: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isEngineError(error) || !isFileError(error)) throw error;
    throw new EngineError("store_unavailable", `the object store ${store} failed: ${error.message}`, {
      retryable: PASSING_CODES.has(error.code),
      details: { store, code: error.code, call: error.syscall },
      cause: error,
    });
  }
}
