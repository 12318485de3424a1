import type { Failure } from "../../../../engine/operate.ts";

/** A failure as text: what happened, where in the code, and what else is known. */
export function failureLines({ message, file, line, details }: Failure): string {
  const place = file === undefined ? "" : `\nat ${file}${line === undefined ? "" : `:${line}`}`;
  const more = details === undefined || details === null ? "" : `\n${JSON.stringify(details, null, 2)}`;
  return `${message}${place}${more}`;
}
