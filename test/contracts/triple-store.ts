import { registerLoads } from "./triple-store/loads.ts";
import { registerNamespaces } from "./triple-store/namespaces.ts";
import { registerQueries } from "./triple-store/queries.ts";
import type { OpenTripleStore, TripleStoreDifferences } from "./triple-store/support.ts";
import { registerTriples } from "./triple-store/triples.ts";
import { registerUpdates } from "./triple-store/updates.ts";

export interface TripleStoreContract {
  readonly open: OpenTripleStore;
  readonly differences: TripleStoreDifferences;
}

/** Registers the tests that every triplestore passes. */
export function tripleStoreContract({ open, differences }: TripleStoreContract): void {
  registerNamespaces(open, differences);
  registerLoads(open);
  registerTriples(open);
  registerQueries(open);
  registerUpdates(open, differences);
}
