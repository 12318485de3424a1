/** Why a signal aborted, as an error: the reason itself, wrapped where somebody gave something else. */
export function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason });
}
