import { EngineError, isEngineError } from "../core/errors.ts";
import { type RecordLock, lockRecord, openStore, type OpenStoreParams, type Store } from "../store/store.ts";
import { backupRecord } from "../store/care/backup.ts";
import { declareDefinitions } from "./declare.ts";
import { openDiskWatch } from "./disk-watch.ts";
import { type EnginePartsParams, openLasting } from "./engine-parts.ts";
import type { Engine } from "./operations.ts";
import { instant } from "./queries/instants.ts";
import { checkWorkerResources } from "./resource-pool.ts";
import { openSession, type Session } from "./session.ts";

export interface OpenEngineParams extends EnginePartsParams {
  readonly dataDir: string;
  /** Name the holder to an engine that finds the directory taken. */
  readonly host: string;
  readonly pid: number;
  /** How a database's file is opened; default: as store/database.ts does. */
  readonly connect?: NonNullable<OpenStoreParams["connect"]>;
}

/**
 * Opens an engine on its data directory. Nothing runs before `start()`. Throws `locked`, `schema`, `corrupt`,
 * `disk_failed`, `config`, or `definition` where a step's resources cannot be had where it runs.
 *
 * An engine whose disk is full or fails lets go of its record, shows what it last read, and opens the record anew when
 * the disk is well: what is in memory may be ahead of the file, and after a failed sync nobody knows what the pages on
 * disk hold, so neither is written again (https://www.sqlite.org/rescode.html#ioerr).
 */
export async function openEngine(params: OpenEngineParams): Promise<Engine> {
  for (const step of params.catalog.stepsInOrder) checkWorkerResources(step, params.resources);
  const lock = lockRecord(params.dataDir);
  try {
    const opened = new OpenedEngine(params, lock);
    await opened.open();
    return opened.door();
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

class OpenedEngine {
  readonly #params: OpenEngineParams;
  readonly #lock: RecordLock;
  readonly #lasting;
  readonly #disk;
  /** Stores that were let go: code that began with them may still read from them. */
  readonly #former: Store[] = [];
  #session: Session | null = null;
  #isStarted = false;

  constructor(params: OpenEngineParams, lock: RecordLock) {
    this.#params = params;
    this.#lock = lock;
    this.#lasting = openLasting(params, { wellAfter: (error, signal) => this.#wellAfter(error, signal) });
    this.#disk = openDiskWatch({
      ...params,
      onFailed: (error) => this.#letGo(error),
      tryAgain: () => this.#openAgain(),
    });
  }

  /** The session of now: each use asks anew, since it may have been replaced. */
  get #now(): Session {
    if (this.#session === null) throw new Error("the engine is not open");
    return this.#session;
  }

  async open(): Promise<void> {
    const store = await this.#openStore();
    try {
      await store.writer.write((tx) => declareDefinitions(tx, this.#params.catalog));
    } catch (error) {
      await store.close();
      throw error;
    }
    this.#session = this.#sessionOn(store);
  }

  door(): Engine {
    const { project, catalog } = this.#params;
    const { commits, progress, logs, stale, health, scopes } = this.#lasting;
    const now = (): Session => this.#now;
    return {
      project,
      catalog,
      generation: now().store.generation,
      get epoch() {
        return now().store.epoch;
      },
      queries: delegate(() => now().queries, { onStaleChanged: (listener) => stale.add(listener) }),
      commands: delegate(() => now().commands),
      access: delegate(() => now().access),
      start: () => {
        this.#isStarted = true;
        return now().life.start();
      },
      drain: (how) => this.#drain(how),
      stop: (how) => this.#stop(how),
      onCommit: (listener) => commits.add(listener),
      onProgress: (listener) => progress.add(listener),
      onLog: (listener) => logs.add(listener),
      onHealth: (listener) => health.add(listener),
      tellStray: (error) => scopes.tellStray(error),
      health: () => now().life.health(),
      backup: () => {
        const { store } = now();
        return backupRecord({
          directory: this.#params.dataDir,
          file: store.file,
          project,
          createdAt: instant(this.#params.clock.now()),
          ids: this.#params.ids,
          holdValues: () => store.values.hold(),
          onProblem: this.#params.onProblem,
        });
      },
    };
  }

  async #openStore(renewing?: string): Promise<Store> {
    const { onProblem } = this.#params;
    const store: Store = await openStore({
      ...this.#params,
      directory: this.#params.dataDir,
      lock: this.#lock,
      ...(renewing === undefined ? {} : { renewing }),
      ...(this.#session === null ? {} : { values: this.#session.store.values }),
      onFatal: (error) => {
        if (error.code === "disk_failed") this.#disk.fail(error);
        else {
          onProblem(error);
          if (store === this.#session?.store) this.#session?.life.fail(error);
        }
      },
      onListenerError: onProblem,
    });
    return store;
  }

  #sessionOn(store: Store): Session {
    const { health } = this.#lasting;
    return openSession(store, {
      ...this.#params,
      lasting: this.#lasting,
      onHealth: () => health.tell(this.#now.life.health()),
    });
  }

  #letGo(error: EngineError): void {
    this.#params.onProblem(error);
    this.#session?.store.writer.fail(error);
    this.#session?.life.letGo(error);
  }

  /** What a value's file did not take: the record stops too, since it would be next. */
  async #wellAfter(error: EngineError, signal: AbortSignal): Promise<void> {
    this.#disk.fail(error);
    await this.#disk.well(signal);
  }

  async #openAgain(): Promise<void> {
    const before = this.#now;
    const store = await this.#openStoreAnew(before);
    if (store === null) return;
    try {
      await store.proveWritable();
    } catch (error) {
      await store.abandon();
      throw error;
    }
    before.life.retire();
    this.#former.push(before.store);
    this.#session = this.#sessionOn(store);
    if (this.#isStarted) await this.#startAgain(this.#session);
    this.#lasting.health.tell(this.#session.life.health());
  }

  /** What is wrong with more than the disk is wrong for good, as at any other time: no later try hides it. */
  async #startAgain({ life }: Session): Promise<void> {
    try {
      await life.start();
    } catch (error) {
      if (isEngineError(error, "disk_failed")) throw error;
      if (life.health().status !== "failed") this.#params.onProblem(error);
      life.fail(isEngineError(error) ? error : new EngineError("internal", String(error), { cause: error }));
    }
  }

  /** Null where another engine has taken over meanwhile: then this one has nothing to go on with, disk or no disk. */
  async #openStoreAnew(before: Session): Promise<Store | null> {
    try {
      return await this.#openStore(before.store.holder);
    } catch (error) {
      if (!isEngineError(error, "locked")) throw error;
      this.#params.onProblem(error);
      before.life.fail(error);
      return null;
    }
  }

  async #drain(how: Parameters<Engine["drain"]>[0]): Promise<void> {
    await this.#disk.stop();
    await this.#now.life.drain(how);
  }

  async #stop(how: Parameters<Engine["stop"]>[0]): Promise<void> {
    await this.#disk.stop();
    await this.#now.life.stop(how);
    for (const store of this.#former.splice(0)) await store.abandon();
    this.#lock[Symbol.dispose]();
  }
}

/** An object whose members are those that another has at the moment of their use. */
function delegate<T extends object>(current: () => T, own: Partial<T> = {}): T {
  return new Proxy({} as T, { get: (_target, name) => Reflect.get(name in own ? own : current(), name) as unknown });
}
