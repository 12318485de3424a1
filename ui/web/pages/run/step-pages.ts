import type { Page, StepView } from "../../../../engine/operate.ts";
import { store, type Store } from "../../app/store.ts";

/** Steps that are read at once. */
export const STEP_PAGE = 200;
/** Pages that a renewal reads again: those that were looked at last. */
const KEPT_CURRENT = 8;

export interface LoadedSteps {
  readonly steps: ReadonlyMap<number, StepView>;
  /** Why the last reading failed. */
  readonly error: string | null;
}

/** The steps of a long run, read page by page as they are looked at. */
export interface StepPages extends Pick<Store<LoadedSteps>, "current" | "subscribe"> {
  /** Reads the pages of these steps, unless they are there. */
  want(steps: Iterable<number>): void;
  /** What was read is out of date: it stays until it is read again. */
  renew(): void;
}

/** Pages are read one after the other, so that a run that changes all the time asks no faster than the server answers. */
export function stepPages(read: (from: number) => Promise<Page<StepView>>): StepPages {
  const loaded = store<LoadedSteps>({ steps: new Map(), error: null });
  const current = new Set<number>();
  const due = new Set<number>();
  let recent: readonly number[] = [];
  let isReading = false;

  const readPage = async (page: number): Promise<void> => {
    current.add(page);
    try {
      const { items } = await read(page * STEP_PAGE);
      const steps = new Map(loaded.current().steps);
      for (const step of items) steps.set(step.step, step);
      loaded.set({ steps, error: null });
    } catch (error) {
      current.delete(page);
      loaded.set({ ...loaded.current(), error: error instanceof Error ? error.message : String(error) });
    }
  };
  const readOn = async (): Promise<void> => {
    if (isReading) return;
    isReading = true;
    for (const page of due) {
      due.delete(page);
      await readPage(page);
    }
    isReading = false;
  };
  const ask = (pages: readonly number[]): void => {
    for (const page of pages) if (!current.has(page)) due.add(page);
    void readOn();
  };
  return Object.freeze({
    current: loaded.current,
    subscribe: loaded.subscribe,
    want(steps: Iterable<number>) {
      const pages = [...new Set([...steps].map((step) => Math.floor(step / STEP_PAGE)))];
      recent = [...recent.filter((page) => !pages.includes(page)), ...pages].slice(-KEPT_CURRENT);
      ask(pages);
    },
    renew() {
      current.clear();
      ask(recent);
    },
  });
}
