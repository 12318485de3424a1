/**
 * What is known of each topic, for many readers.
 *
 * S1. However many read a topic, it is subscribed once; after the last has gone it stays for `LINGER_MS`, so that a page
 *     that is left and come back to does not load anew.
 * S2. Readers hear of a change in the next frame, then of patches after it once in `REST_MS`, in a flood of them once
 *     in `FLOOD_REST_MS`: drawing takes longer than reading them. Patches are applied together, then or when the state is
 *     asked for before. A page that
 *     draws no frames lets no more than `MAX_WAITING_PATCHES` wait. Of a snapshot they hear in the next frame in any case:
 *     somebody waits for it.
 *     While the pointer holds the page (`pointer-hold.ts`) patches wait, and show in no drawing for another reason either.
 * S3. A topic that was reset keeps showing what it had until its snapshot comes.
 */
import type { LiveConnection } from "./live-connection.ts";
import type { PointerHold } from "./pointer-hold.ts";

/** How a topic's messages become a state. Pure. */
export interface TopicModel<S> {
  snapshot(data: unknown): S;
  /** `patches`: in the order in which they came, one at least. */
  patch(state: S, patches: readonly unknown[]): S;
}

export type TopicState<S> =
  | { readonly type: "loading" }
  /** `isCurrent` is false from a reset until the snapshot after it. */
  | { readonly type: "ready"; readonly data: S; readonly isCurrent: boolean }
  | { readonly type: "refused"; readonly code: string; readonly message: string };

export interface TopicHandle<S> {
  /** The listener is called in a frame soon after a change. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly current: () => TopicState<S>;
}

export interface TopicStoreParams {
  readonly connection: LiveConnection;
  readonly hold: PointerHold;
  /** Runs a task before the next frame is drawn. */
  readonly onFrame: (task: () => void) => void;
  readonly after: (ms: number, task: () => void) => () => void;
}

export interface TopicStore {
  topic<S>(name: string, model: TopicModel<S>): TopicHandle<S>;
}

export const LINGER_MS = 10_000;
export const REST_MS = 100;
/** So many patches told together are a flood, which nobody reads one by one. */
export const FLOOD_PATCHES = 50;
export const FLOOD_REST_MS = 250;
export const MAX_WAITING_PATCHES = 1000;

interface Entry {
  readonly handle: TopicHandle<unknown>;
}

/** A topic that readers are to hear of. */
interface Changed {
  readonly listeners: ReadonlySet<() => void>;
  /** Takes the patches that wait into the state. */
  readonly apply: () => void;
}

const loading: TopicState<never> = Object.freeze({ type: "loading" });

export function topicStore(params: TopicStoreParams): TopicStore {
  const entries = new Map<string, Entry>();
  const changed = new Set<Changed>();
  /** Of those, whose snapshot came: somebody waits for it. */
  const urgent = new Set<Changed>();
  let isDue = false;
  let isResting = false;
  /** Since readers heard last. */
  let patches = 0;

  const tell = (): void => {
    const due = [...(params.hold.isHolding() ? urgent : changed)];
    for (const topic of due) changed.delete(topic);
    urgent.clear();
    isDue = false;
    rest();
    for (const topic of due) topic.apply();
    for (const { listeners } of due) for (const listener of listeners) listener();
    tellWhenFree();
  };
  const rest = (): void => {
    if (isResting) return;
    isResting = true;
    const isFlood = patches > FLOOD_PATCHES;
    patches = 0;
    params.after(isFlood ? FLOOD_REST_MS : REST_MS, () => {
      isResting = false;
      tellWhenFree();
    });
  };
  const tellInFrame = (): void => {
    if (isDue || changed.size === 0) return;
    isDue = true;
    params.onFrame(tell);
  };
  const tellWhenFree = (): void => {
    if (changed.size > 0) params.hold.whenFree(tellInFrame);
  };

  const open = <S>(name: string, model: TopicModel<S>): TopicHandle<S> => {
    const listeners = new Set<() => void>();
    let state: TopicState<S> = loading;
    let stop: (() => void) | null = null;
    let disarm: (() => void) | null = null;
    let waiting: unknown[] = [];
    const applied = (): TopicState<S> => {
      if (state.type === "ready" && waiting.length > 0) {
        state = { ...state, data: model.patch(state.data, waiting) };
      }
      waiting = [];
      return state;
    };
    const topic: Changed = { listeners, apply: applied };
    const become = (next: TopicState<S>): void => {
      state = next;
      changed.add(topic);
      urgent.add(topic);
      tellInFrame();
    };
    const start = (): (() => void) =>
      params.connection.watch(name, {
        snapshot(data) {
          waiting = [];
          become({ type: "ready", data: model.snapshot(data), isCurrent: true });
        },
        patch(data) {
          if (state.type !== "ready") return;
          waiting.push(data);
          patches++;
          if (waiting.length >= MAX_WAITING_PATCHES) applied();
          changed.add(topic);
          if (!isResting) tellWhenFree();
        },
        reset() {
          const before = applied();
          if (before.type === "ready") become({ ...before, isCurrent: false });
        },
        refused: ({ code, message }) => become({ type: "refused", code, message }),
      });
    const leave = (): void => {
      stop?.();
      stop = null;
      entries.delete(name);
    };
    return {
      current: () => (params.hold.isHolding() ? state : applied()),
      subscribe(listener) {
        disarm?.();
        disarm = null;
        listeners.add(listener);
        if (stop === null) {
          state = loading;
          waiting = [];
          stop = start();
        }
        return () => {
          listeners.delete(listener);
          if (listeners.size === 0) disarm = params.after(LINGER_MS, leave);
        };
      },
    };
  };

  return Object.freeze({
    topic<S>(name: string, model: TopicModel<S>): TopicHandle<S> {
      const known = entries.get(name);
      if (known !== undefined) return known.handle as TopicHandle<S>;
      const handle = open(name, model);
      entries.set(name, { handle });
      return handle;
    },
  });
}
