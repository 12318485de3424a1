import { EngineError, isEngineError } from "../../core/errors.ts";
import type { Store } from "../../store/store.ts";
import type { Tables } from "../../store/tables.ts";
import type { Transaction } from "../../store/writer.ts";
import type { DiskDoor } from "../engine-parts.ts";

/** The record as containers need it: they go on while the disk fails, and what comes of them is written when it is well. */
export interface WorkRecord {
  readonly tables: Pick<Tables, "externalWork" | "runs">;
  readonly lineage: string;
  readonly isOpen: boolean;
  /** A change that may be made again: whether it is on disk is not known where the disk failed. */
  write<T>(task: (tx: Transaction) => T, signal: AbortSignal): Promise<T>;
  /** The record has been opened anew. */
  use(store: Store): void;
}

export function workRecord(disk: DiskDoor): WorkRecord {
  let current: Store | null = null;
  const now = (): Store => {
    if (current === null) throw new EngineError("internal", "external work was asked for before the record was open");
    return current;
  };
  return {
    get tables() {
      return now().tables;
    },
    get lineage() {
      return now().lineage;
    },
    get isOpen() {
      return now().writer.isOpen;
    },
    async write(task, signal) {
      for (;;) {
        try {
          return await now().writer.write(task);
        } catch (error) {
          if (!isEngineError(error, "disk_failed")) throw error;
          await disk.wellAfter(error, signal);
        }
      }
    },
    use(store) {
      current = store;
    },
  };
}
