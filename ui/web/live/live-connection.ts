/**
 * One websocket that comes back by itself and goes on where it was.
 *
 * L1. A topic that was whole when the connection broke is asked for from the newest `seq` on; all others anew.
 * L2. Another generation of the record makes no topic whole: everything is asked for anew.
 * L3. What arrives for a topic before its snapshot is dropped: the snapshot holds it.
 * L4. Between two tries lies a growing, spread wait; a tab that is shown again, or a network that is back, tries at once.
 */
import type { ClientMessage, Hello, ServerMessage } from "./protocol.ts";

export type ConnectionState =
  | { readonly type: "connecting" }
  | { readonly type: "live" }
  /** `retryAtMs`: when the next try is due, by the given clock. */
  | { readonly type: "lost"; readonly sinceMs: number; readonly retryAtMs: number };

export interface TopicListener {
  snapshot(data: unknown): void;
  patch(data: unknown): void;
  /** The server starts the topic over; a snapshot follows. */
  reset(reason: string): void;
  refused(error: { readonly code: string; readonly message: string }): void;
}

/** The part of a WebSocket that is used. */
export interface Socket {
  send(text: string): void;
  close(): void;
}

export interface SocketEvents {
  readonly message: (text: string) => void;
  readonly closed: () => void;
}

export interface LiveConnectionParams {
  readonly open: (events: SocketEvents) => Socket;
  readonly now: () => number;
  /** Returns how to call it off. */
  readonly after: (ms: number, task: () => void) => () => void;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onState: (state: ConnectionState) => void;
  readonly onHello: (hello: Hello) => void;
  /**
   * The websocket does not say why it was refused; a request does. Resolves to false where nobody is logged in: then
   * there is nothing to come back to.
   */
  readonly mayReconnect: () => Promise<boolean>;
}

export interface LiveConnection {
  /** Opens the connection; to be called once, when somebody is logged in. */
  readonly open: () => void;
  /** Topics are watched by one listener each. Returns how to stop. */
  watch(topic: string, listener: TopicListener): () => void;
  /** Tries now instead of when the wait is over. */
  readonly retryNow: () => void;
  close(): void;
}

const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 15_000;

interface Watched {
  readonly listener: TopicListener;
  isWhole: boolean;
}

export function liveConnection(params: LiveConnectionParams): LiveConnection {
  const watched = new Map<string, Watched>();
  let generation: string | null = null;
  let seq = 0;
  let retryMs = FIRST_RETRY_MS;
  let socket: Socket | null = null;
  let isGreeted = false;
  let isClosed = false;
  let disarm: (() => void) | null = null;
  let lostSinceMs: number | null = null;

  const send = (message: ClientMessage): void => {
    if (isGreeted) socket?.send(JSON.stringify(message));
  };

  const connect = (): void => {
    if (isClosed || socket !== null) return;
    disarm = null;
    if (lostSinceMs === null) params.onState({ type: "connecting" });
    isGreeted = false;
    const opened: Socket = params.open({
      message: (text) => {
        if (socket === opened) receive(JSON.parse(text) as ServerMessage);
      },
      closed: () => {
        if (socket === opened) lost();
      },
    });
    socket = opened;
  };

  const lost = (): void => {
    socket = null;
    isGreeted = false;
    if (isClosed) return;
    lostSinceMs ??= params.now();
    const waitMs = retryMs * (0.5 + params.random() / 2);
    retryMs = Math.min(MAX_RETRY_MS, retryMs * 2);
    params.onState({ type: "lost", sinceMs: lostSinceMs, retryAtMs: params.now() + waitMs });
    disarm = params.after(waitMs, comeBack);
  };

  const comeBack = (): void => {
    disarm = null;
    // A server that does not answer is tried by the websocket as well; one that says no is not.
    void params.mayReconnect().then(
      (may) => {
        if (may) connect();
      },
      () => connect(),
    );
  };

  const receive = (message: ServerMessage): void => {
    if ("hello" in message) {
      greet(message.hello);
      return;
    }
    const entry = watched.get(message.topic ?? "");
    if ("error" in message) {
      entry?.listener.refused(message.error);
      return;
    }
    if ("reset" in message) {
      if (entry !== undefined) entry.isWhole = false;
      entry?.listener.reset(message.reason);
      return;
    }
    seq = Math.max(seq, message.seq);
    if (entry === undefined) return;
    if ("snapshot" in message) {
      entry.isWhole = true;
      entry.listener.snapshot(message.data);
    } else if (entry.isWhole) entry.listener.patch(message.data);
  };

  const greet = (hello: Hello): void => {
    const isSame = hello.generation === generation;
    if (!isSame) {
      for (const entry of watched.values()) entry.isWhole = false;
      generation = hello.generation;
      seq = hello.seq;
    }
    isGreeted = true;
    retryMs = FIRST_RETRY_MS;
    lostSinceMs = null;
    params.onHello(hello);
    params.onState({ type: "live" });
    const whole = [...watched].filter(([, entry]) => entry.isWhole).map(([topic]) => topic);
    const others = [...watched].filter(([, entry]) => !entry.isWhole).map(([topic]) => topic);
    if (whole.length > 0) send({ subscribe: whole, after: { generation: hello.generation, seq } });
    if (others.length > 0) send({ subscribe: others });
  };

  return Object.freeze({
    open: connect,
    watch(topic: string, listener: TopicListener) {
      const entry: Watched = { listener, isWhole: false };
      watched.set(topic, entry);
      send({ subscribe: [topic] });
      return () => {
        if (watched.get(topic) !== entry) return;
        watched.delete(topic);
        send({ unsubscribe: [topic] });
      };
    },
    retryNow() {
      if (disarm === null) return;
      disarm();
      comeBack();
    },
    close() {
      isClosed = true;
      disarm?.();
      socket?.close();
    },
  });
}
