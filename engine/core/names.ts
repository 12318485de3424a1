import { EngineError } from "./errors.ts";

const NAME = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/;
const MAX_NAME_BYTES = 255;

/** Whether `text` can name an asset, a job, a sensor, a schedule, a set or a resource (design §4). */
export function isName(text: string): boolean {
  if (text.length > MAX_NAME_BYTES || !NAME.test(text)) return false;
  return text.split("/").every((segment) => segment !== "." && segment !== "..");
}

/** Throws `definition` unless `text` can be a name. */
export function checkName(what: string, text: string): string {
  if (!isName(text)) {
    throw new EngineError(
      "definition",
      `${what} "${text}" is not a name. Expected letters, digits, "_", ".", "-", in segments separated by "/", ` +
        `at most ${MAX_NAME_BYTES} bytes, no "." or ".." segment.`,
    );
  }
  return text;
}
