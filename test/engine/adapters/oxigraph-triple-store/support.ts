import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  oxigraphTripleStore,
  type OxigraphParams,
  type OxigraphTripleStore,
} from "../../../../engine/adapters/oxigraph-triple-store.ts";
import type { RdfFormat, ReplaceOutcome, TripleStore } from "../../../../engine/core/ports/triple-store.ts";
import { chunked, prefixOf } from "../../../contracts/triple-store/support.ts";
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

export interface LoadUnit {
  readonly namespace: string;
  readonly unit: string;
  readonly body: string;
  readonly format?: RdfFormat;
}

export async function load(store: TripleStore, params: LoadUnit): Promise<ReplaceOutcome> {
  const { namespace, unit, body, format = "application/n-quads" } = params;
  const scope = { unit: `release/${unit}`, prefixes: [prefixOf(unit)] };
  return store.replace({ namespace, scope, format, body: chunked(body) });
}

/** The values of a SELECT of one variable. */
export async function rows(store: TripleStore, namespace: string, query: string): Promise<string[]> {
  const { body } = await store.query({ namespace, query, accept: "text/csv" });
  return body.toString().split("\r\n").slice(1, -1);
}

export async function count(store: TripleStore, namespace: string): Promise<number> {
  return Number((await rows(store, namespace, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"))[0]);
}
