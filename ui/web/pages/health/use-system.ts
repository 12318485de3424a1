import { type Loaded, useLoaded } from "../../app/console.tsx";

/** What `/api/system` answers; it asks each service, which may take seconds. */
export interface SystemAnswer {
  readonly version: string;
  readonly node: string;
  readonly project: string;
  readonly startedAt: string;
  readonly generation: string;
  readonly epoch: number;
  readonly settings: readonly { readonly name: string; readonly value: string | null; readonly source: string }[];
  readonly services: readonly {
    readonly name: string;
    readonly description: string;
    readonly ok: boolean;
    readonly error: string | null;
    readonly answeredInMs: number;
  }[];
}

export function useSystem(): Loaded<SystemAnswer> & { readonly reload: () => void } {
  return useLoaded("system", (api, signal) => api.get<SystemAnswer>("/system", {}, signal));
}
