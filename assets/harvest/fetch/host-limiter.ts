import type { Clock } from "../../../engine/index.ts";

/** How gently one source treats a host. */
export interface Politeness {
  /** Pause between the end of a request and the start of the next; above 0 it also means one request at a time. */
  readonly delayMs: number;
  /** Requests at the same time, at least 1. */
  readonly concurrency: number;
}

export interface HostLimiter {
  /** Resolves when a request to `host` may start; call what it gives when the request has ended. */
  acquire(host: string, politeness: Politeness, signal?: AbortSignal): Promise<() => void>;
  /** Starts nothing on `host` for `ms`: a server that answers 429 means all of us. */
  pause(host: string, ms: number): void;
  /** Hosts that are remembered: busy, waited for or just used. */
  readonly hostCount: number;
}

interface Waiter {
  readonly politeness: Politeness;
  readonly grant: () => void;
}

interface HostState {
  readonly queue: Waiter[];
  readonly running: Set<Politeness>;
  /** Monotonic. */
  endedAt: number;
  endedDelayMs: number;
  pausedUntil: number;
  timer: AbortController | null;
}

/** The reason of timers that nobody waits for any more; one for all, as making one records a stack. */
const replaced = new Error("another timer took its place");

/** Hosts that are not in use are forgotten above this many. */
const MAX_IDLE_HOSTS = 1_000;

/**
 * One limiter serves all sources of a process, so that two sources on one host are not twice as rude. Per host:
 * 1. Requests start in the order in which they asked; nobody overtakes, so a slow source is not starved by a fast one.
 * 2. At most as many run as the strictest of those running and the next one allow.
 * 3. A request waits for its own delay or for that of the request before it, whichever is longer.
 */
export function createHostLimiter(clock: Clock): HostLimiter {
  const hosts = new Map<string, HostState>();

  function stateOf(host: string): HostState {
    let state = hosts.get(host);
    if (state === undefined) {
      if (hosts.size >= MAX_IDLE_HOSTS) forgetIdle(hosts, clock.monotonic());
      state = {
        queue: [],
        running: new Set(),
        endedAt: -Infinity,
        endedDelayMs: 0,
        pausedUntil: -Infinity,
        timer: null,
      };
      hosts.set(host, state);
    }
    return state;
  }

  return {
    acquire: (host, politeness, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const state = stateOf(host);
        const onAbort = (): void => {
          state.queue.splice(state.queue.indexOf(waiter), 1);
          reject(signal?.reason as Error);
          pump(state, clock);
        };
        const waiter: Waiter = {
          politeness,
          grant: () => {
            signal?.removeEventListener("abort", onAbort);
            const running = { ...politeness };
            state.running.add(running);
            resolve(() => {
              if (!state.running.delete(running)) return;
              state.endedAt = clock.monotonic();
              state.endedDelayMs = politeness.delayMs;
              pump(state, clock);
            });
          },
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        state.queue.push(waiter);
        pump(state, clock);
      }),
    pause: (host, ms) => {
      const state = stateOf(host);
      state.pausedUntil = Math.max(state.pausedUntil, clock.monotonic() + ms);
      pump(state, clock);
    },
    get hostCount() {
      return hosts.size;
    },
  };
}

/** Starts whatever of the queue may start now, and sees to being called again when the next may. */
function pump(state: HostState, clock: Clock): void {
  for (;;) {
    const head = state.queue[0];
    if (head === undefined) return state.timer?.abort(replaced);
    if (state.running.size >= slots(state, head.politeness)) return;
    const waitMs = readyAt(state, head.politeness) - clock.monotonic();
    if (waitMs > 0) return wakeLater(state, { waitMs, clock });
    state.queue.shift();
    head.grant();
  }
}

function wakeLater(state: HostState, { waitMs, clock }: { readonly waitMs: number; readonly clock: Clock }): void {
  state.timer?.abort(replaced);
  const timer = new AbortController();
  state.timer = timer;
  // An aborted timer has been replaced or has nobody left to wake.
  clock.sleep(waitMs, timer.signal).then(
    () => pump(state, clock),
    () => undefined,
  );
}

function slots(state: HostState, next: Politeness): number {
  let fewest = slotsOf(next);
  for (const politeness of state.running) fewest = Math.min(fewest, slotsOf(politeness));
  return fewest;
}

function slotsOf(politeness: Politeness): number {
  return politeness.delayMs > 0 ? 1 : Math.max(1, politeness.concurrency);
}

function readyAt(state: HostState, next: Politeness): number {
  return Math.max(state.pausedUntil, state.endedAt + Math.max(next.delayMs, state.endedDelayMs));
}

function forgetIdle(hosts: Map<string, HostState>, now: number): void {
  for (const [host, state] of hosts) {
    const isIdle = state.queue.length === 0 && state.running.size === 0;
    if (isIdle && Math.max(state.pausedUntil, state.endedAt + state.endedDelayMs) <= now) hosts.delete(host);
  }
}
