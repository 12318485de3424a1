import { join } from "node:path";
import type { Clock } from "../../core/ports/time.ts";
import type { ChangeFiles } from "../rdf-work/protocol.ts";
import { copyPool, type CopyJob } from "./copy-pool.ts";
import type { OxigraphLimits } from "./limits.ts";
import type { Manifest } from "./manifest.ts";
import type { NamespaceCopy } from "./namespace-copy.ts";
import type { NamespaceDisk } from "./namespace-disk.ts";
import type { WorkerSlots } from "./worker-slots.ts";

/**
 * Answers for one namespace: hands requests to its copies in memory, and brings these from generation to generation.
 *
 *   I1. A copy shows exactly one generation, never a mixture: a change reaches it as one job.
 *   I2. A request that comes after a change was committed sees it: the change is queued on every copy before the
 *       commit is told to anyone, and a copy that cannot take it is given no further request.
 *   I3. A request that waits is lost with no copy: it waits in the pool, and a copy has only what it works on.
 *   I4. A file is removed only when no copy that may still read it is being opened.
 */
export interface NamespaceServer {
  readonly manifest: Manifest;
  /** Files of the current generation that failed their checksum when they were last read. */
  readonly corrupt: ReadonlyMap<string, string>;
  /** Whether a copy would have to be told of a change. */
  readonly hasCopies: boolean;
  /** Runs a job on a copy at rest, making one where there is none. */
  request<T>(job: CopyJob<T>, signal: AbortSignal | undefined): Promise<T>;
  /** Takes over a new generation that is on disk. `changes` lead there; `null` where copies have to be built anew. */
  advance(next: Manifest, changes: ChangeFiles | null): Promise<void>;
  /** Takes over a generation that one copy, which is at work, already shows. */
  adopt(next: Manifest, copy: NamespaceCopy): Promise<void>;
  close(reason: Error): Promise<void>;
}

export interface ServerParams {
  readonly clock: Clock;
  readonly disk: NamespaceDisk;
  readonly slots: WorkerSlots;
  readonly limits: OxigraphLimits;
  readonly manifest: Manifest;
  readonly onCorrupt: (name: string, reason: string) => void;
}

export function namespaceServer(params: ServerParams): NamespaceServer {
  const { clock, disk, slots, limits } = params;
  const { namespace, kind } = params.manifest;
  const folder = disk.folderOf(namespace);
  let manifest = params.manifest;
  let corrupt = new Map<string, string>();
  let obsolete: string[] = [];

  const sweep = async (): Promise<void> => {
    if (pool.isReadingFiles) return;
    const names = obsolete;
    obsolete = [];
    try {
      await disk.removeFiles(namespace, names);
    } catch {
      // What cannot be removed now is swept when the store opens next.
    }
  };

  const pool = copyPool({
    namespace,
    clock,
    slots,
    limits,
    current: () => ({
      kind,
      files: manifest.files.map(({ name, sha256 }) => ({ path: join(folder, name), name, sha256 })),
    }),
    onOpened(opened) {
      corrupt = new Map(opened.corrupt.map(({ name, reason }) => [name, reason]));
      for (const { name, reason } of opened.corrupt) params.onCorrupt(name, reason);
      void sweep();
    },
    onGone: () => void sweep(),
  });

  const switchTo = (next: Manifest): void => {
    const kept = new Set(next.files.map(({ name }) => name));
    obsolete.push(...manifest.files.map(({ name }) => name).filter((name) => !kept.has(name)));
    corrupt = new Map([...corrupt].filter(([name]) => kept.has(name)));
    manifest = next;
  };

  const apply = async (copy: NamespaceCopy, changes: ChangeFiles): Promise<void> => {
    try {
      await copy.run((thread) => thread.call("apply", changes));
    } catch {
      // What a copy has become by half a change is of no use; the next one is built from the files.
      await copy.end();
    }
  };

  return Object.freeze({
    get manifest() {
      return manifest;
    },
    get corrupt() {
      return corrupt;
    },
    get hasCopies() {
      return pool.usable().length > 0;
    },
    request: (job, signal) => pool.request(job, signal),

    async advance(next: Manifest, changes: ChangeFiles | null) {
      switchTo(next);
      if (changes === null) {
        for (const copy of pool.usable()) pool.retire(copy);
      } else {
        const applied = pool.usable().map((copy) => apply(copy, changes));
        void Promise.all(applied).then(() => disk.removeTemporary(Object.values(changes) as string[]));
      }
      await sweep();
    },

    async adopt(next: Manifest, current: NamespaceCopy) {
      switchTo(next);
      for (const copy of pool.usable()) if (copy !== current) pool.retire(copy);
      await sweep();
    },

    close: (reason: Error) => pool.close(reason),
  } satisfies NamespaceServer);
}
