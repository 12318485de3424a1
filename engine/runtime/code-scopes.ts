import { AsyncLocalStorage } from "node:async_hooks";
import { failureOf } from "../core/failure.ts";

/**
 * Remembers whose code runs, through all that it waits for and every timer that it sets, so that an error that nobody
 * catches can be told where it belongs instead of ending the process (design §3.12).
 */
export interface CodeScopes {
  run<T>(owner: CodeOwner, code: () => T): T;
  /** To be called where an uncaught error is heard of. False: it came from no code that was run here. */
  tellStray(error: unknown): boolean;
}

/** Is told of an error that its code did not catch. */
export type CodeOwner = (message: string, error: unknown) => void;

/**
 * A signal that aborts with another one, its listeners called as code of `owner`: what they throw is the code's. To be
 * disposed when the code has ended, since the other signal may live longer.
 */
export function scopedSignal(
  signal: AbortSignal,
  { scopes, owner }: { readonly scopes: CodeScopes; readonly owner: CodeOwner },
): Disposable & { readonly signal: AbortSignal } {
  const own = new AbortController();
  const onAbort = (): void => scopes.run(owner, () => own.abort(signal.reason));
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return {
    signal: own.signal,
    [Symbol.dispose]: () => signal.removeEventListener("abort", onAbort),
  };
}

export function codeScopes(): CodeScopes {
  const current = new AsyncLocalStorage<CodeOwner>();
  return {
    run: (owner, code) => current.run(owner, code),
    tellStray(error) {
      const owner = current.getStore();
      owner?.(`nobody caught an error of its code: ${failureOf(error).message}`, error);
      return owner !== undefined;
    },
  };
}
