import { registerFailures } from "./object-store/failures.ts";
import { registerListings } from "./object-store/listings.ts";
import { registerMetadata } from "./object-store/metadata.ts";
import { registerObjects } from "./object-store/objects.ts";
import { registerRemovalsAndCopies } from "./object-store/removals-and-copies.ts";
import { registerStreams } from "./object-store/streams.ts";
import type { OpenObjectStore } from "./object-store/support.ts";

export interface ObjectStoreContract {
  readonly open: OpenObjectStore;
  /** The declared difference between stores: keys that S3 takes and this one refuses. */
  readonly refusedKeys: readonly string[];
}

/** Registers the tests that every object store passes. */
export function objectStoreContract({ open, refusedKeys }: ObjectStoreContract): void {
  registerObjects(open);
  registerMetadata(open);
  registerStreams(open);
  registerListings(open);
  registerRemovalsAndCopies(open);
  registerFailures(open, refusedKeys);
}
