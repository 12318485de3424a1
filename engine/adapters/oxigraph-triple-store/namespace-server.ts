import { join } from "node:path";
import { EngineError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/time.ts";
import type { ChangeFiles } from "../rdf-work/protocol.ts";
import type { RdfThread } from "../rdf-work/rdf-thread.ts";
import type { OxigraphLimits } from "./limits.ts";
import type { Manifest } from "./manifest.ts";
import { openNamespaceCopy, type NamespaceCopy } from "./namespace-copy.ts";
import type { NamespaceDisk } from "./namespace-disk.ts";
import type { WorkerSlots } from "./worker-slots.ts";

/**
 * Answers for one namespace: keeps copies of it in memory while they are asked for, hands requests to a copy that is
 * at rest, and brings copies from generation to generation.
 *
 *   I1. A copy shows exactly one generation, never a mixture: a change reaches it as one job.
 *   I2. A request that comes after a change was committed sees it: the change is queued on every copy before the
 *       commit is told to anyone, and a copy that cannot take it is given no further request.
 *   I3. A request that waits is lost with no copy: it waits here, and a copy has only what it works on.
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

export type CopyJob<T> = (thread: RdfThread, copy: NamespaceCopy) => Promise<T>;

export interface ServerParams {
  readonly clock: Clock;
  readonly disk: NamespaceDisk;
  readonly slots: WorkerSlots;
  readonly limits: OxigraphLimits;
  readonly manifest: Manifest;
  readonly onCorrupt: (name: string, reason: string) => void;
}

interface Waiting {
  start(copy: NamespaceCopy): void;
  reject(error: unknown): void;
}

export function namespaceServer(params: ServerParams): NamespaceServer {
  const { clock, disk, slots, limits } = params;
  const { namespace, kind } = params.manifest;
  let manifest = params.manifest;
  let corrupt = new Map<string, string>();
  const copies = new Set<NamespaceCopy>();
  /** Copies that get no further request. */
  const retired = new Set<NamespaceCopy>();
  const queue = new Set<Waiting>();
  const closing = new AbortController();
  let obsolete: string[] = [];
  let starting = 0;
  let isSpareDue = false;

  const usable = (): NamespaceCopy[] => [...copies].filter((copy) => !retired.has(copy) && copy.state !== "gone");
  const isOpening = (): boolean => starting > 0 || usable().some((copy) => copy.state === "opening");

  const dispatch = (): void => {
    for (const item of queue) {
      const copy = usable().find((candidate) => candidate.state === "at rest");
      if (copy === undefined) break;
      queue.delete(item);
      item.start(copy);
    }
    if (queue.size === 0 || isOpening()) return;
    const count = usable().length;
    if (count === 0) void startCopy();
    else if (count < limits.copies) void startSpareLater();
  };

  const startSpareLater = async (): Promise<void> => {
    if (isSpareDue) return;
    isSpareDue = true;
    try {
      await clock.sleep(limits.spareAfterMs, closing.signal);
    } catch {
      return;
    } finally {
      isSpareDue = false;
    }
    const isStuck = usable().every((copy) => copy.state === "at work");
    if (queue.size > 0 && isStuck && !isOpening() && usable().length < limits.copies) await startCopy();
  };

  const startCopy = async (): Promise<void> => {
    starting += 1;
    try {
      const slot = await slots.take(closing.signal);
      if (closing.signal.aborted) {
        slot.release();
        return;
      }
      const copy = openNamespaceCopy({
        clock,
        slot,
        idleMs: limits.idleMs,
        open: {
          kind,
          files: manifest.files.map(({ name, sha256 }) => ({
            path: join(disk.folderOf(namespace), name),
            name,
            sha256,
          })),
        },
        onOpened(opened) {
          corrupt = new Map(opened.corrupt.map(({ name, reason }) => [name, reason]));
          for (const { name, reason } of opened.corrupt) params.onCorrupt(name, reason);
          void sweep();
        },
        onFailed: failWaiting,
        onRest: dispatch,
        onGone() {
          copies.delete(copy);
          retired.delete(copy);
          void sweep();
          if (!closing.signal.aborted) dispatch();
        },
      });
      copies.add(copy);
    } catch (error) {
      failWaiting(error);
    } finally {
      starting -= 1;
    }
  };

  const failWaiting = (error: unknown): void => {
    for (const item of queue) item.reject(error);
    queue.clear();
  };

  const retire = (copy: NamespaceCopy): void => {
    retired.add(copy);
    copy.retire();
  };

  const sweep = async (): Promise<void> => {
    if ([...copies].some((copy) => copy.state === "opening")) return;
    const names = obsolete;
    obsolete = [];
    try {
      await disk.removeFiles(namespace, names);
    } catch {
      // What cannot be removed now is swept when the store opens next.
    }
  };

  const switchTo = (next: Manifest): void => {
    const kept = new Set(next.files.map(({ name }) => name));
    obsolete.push(...manifest.files.map(({ name }) => name).filter((name) => !kept.has(name)));
    corrupt = new Map([...corrupt].filter(([name]) => kept.has(name)));
    manifest = next;
  };

  return Object.freeze({
    get manifest() {
      return manifest;
    },
    get corrupt() {
      return corrupt;
    },
    get hasCopies() {
      return usable().length > 0;
    },

    request<T>(job: CopyJob<T>, signal: AbortSignal | undefined) {
      return new Promise<T>((resolve, reject) => {
        signal?.throwIfAborted();
        closing.signal.throwIfAborted();
        if (queue.size >= limits.waiting) throw busyError(namespace, limits.waiting);
        const item: Waiting = {
          start(copy) {
            signal?.removeEventListener("abort", leave);
            copy.run((thread) => job(thread, copy)).then(resolve, reject);
          },
          reject(error) {
            signal?.removeEventListener("abort", leave);
            reject(error);
          },
        };
        const leave = (): void => {
          queue.delete(item);
          reject(signal?.reason as Error);
        };
        signal?.addEventListener("abort", leave, { once: true });
        queue.add(item);
        dispatch();
      });
    },

    async advance(next: Manifest, changes: ChangeFiles | null) {
      switchTo(next);
      const applied = usable().map(async (copy) => {
        if (changes === null) {
          retire(copy);
          return;
        }
        try {
          await copy.run((thread) => thread.call("apply", changes));
        } catch {
          // What a copy has become by half a change is of no use; the next one is built from the files.
          await copy.end();
        }
      });
      void Promise.all(applied).then(async () => {
        for (const path of Object.values(changes ?? {})) await disk.removeTemporary(path as string);
      });
      await sweep();
    },

    async adopt(next: Manifest, current: NamespaceCopy) {
      switchTo(next);
      for (const copy of usable()) if (copy !== current) retire(copy);
      await sweep();
    },

    async close(reason: Error) {
      closing.abort(reason);
      failWaiting(reason);
      await Promise.all([...copies].map((copy) => copy.end()));
    },
  } satisfies NamespaceServer);
}

function busyError(namespace: string, waiting: number): EngineError {
  return new EngineError("query_limit", `${waiting} requests already wait for the namespace ${namespace}: try later`, {
    retryable: true,
    details: { limit: "waiting", waiting },
  });
}
