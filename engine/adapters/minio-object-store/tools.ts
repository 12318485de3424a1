import type { Client } from "minio";
import type { CallScope } from "./transport.ts";

/** What all calls share. */
export interface Tools {
  readonly client: Client;
  readonly store: string;
  /** Runs a call with its signal, and its errors in the engine's words. */
  readonly call: <T>(subject: CallSubject, task: (scope: CallScope) => Promise<T>) => Promise<T>;
}

export interface CallSubject {
  readonly bucket?: string;
  readonly key?: string;
  readonly signal?: AbortSignal | undefined;
}
