import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  oxigraphTripleStore,
  type OxigraphParams,
  type OxigraphTripleStore,
} from "../../../../engine/adapters/oxigraph-triple-store.ts";
import { systemClock, systemIds } from "../../../../engine/adapters/system-clock.ts";

export interface OxigraphRig extends AsyncDisposable {
  readonly directory: string;
  readonly store: OxigraphTripleStore;
  /** Closes the store and opens it again. */
  reopen(params?: Partial<OxigraphParams>): Promise<OxigraphTripleStore>;
}

/** An embedded triplestore in a folder of its own. */
export async function oxigraphRig(params: Partial<OxigraphParams> = {}): Promise<OxigraphRig> {
  const directory = await mkdtemp(join(tmpdir(), "sheaf-oxigraph-"));
  const open = (more: Partial<OxigraphParams>): OxigraphTripleStore =>
    oxigraphTripleStore({ directory, clock: systemClock(), ids: systemIds(), ...params, ...more });
  let store = open({});
  return {
    directory,
    get store() {
      return store;
    },
    async reopen(more = {}) {
      await store.close();
      store = open(more);
      return store;
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
