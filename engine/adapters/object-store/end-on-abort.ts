import type { Readable } from "node:stream";
import { abortReason } from "../../core/abort-reason.ts";

/** Destroys a body with the signal's reason when it aborts. */
export function endOnAbort(body: Readable, signal: AbortSignal | undefined): Readable {
  if (signal === undefined) return body;
  const onAbort = (): void => {
    body.destroy(abortReason(signal));
  };
  if (signal.aborted) {
    onAbort();
    return body;
  }
  signal.addEventListener("abort", onAbort, { once: true });
  return body.once("close", () => signal.removeEventListener("abort", onAbort));
}
