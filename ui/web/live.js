import { apiRoot, get } from "./api.js";

const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 15_000;

/** @typedef {"connecting" | "live" | "lost"} Connection */
/**
 * @template S what a snapshot holds
 * @template P what a patch holds
 * @typedef {{ snapshot: (data: S) => void, patch: (data: P) => void, refused?: (message: string) => void }} Watcher
 */
/** @typedef {{ generation: string, seq: number }} Hello */
/** @typedef {{ hello?: Hello, topic?: string, seq?: number, snapshot?: true, patch?: true, reset?: true, data?: unknown, error?: { message: string } }} Message */

/**
 * A websocket that comes back by itself and goes on where it was.
 *
 * @param {(state: Connection) => void} onState
 */
export function openLive(onState) {
  /** @type {Map<string, { isWhole: boolean, all: Set<Watcher<unknown, unknown>> }>} */
  const topics = new Map();
  let generation = "";
  let seq = 0;
  let retryMs = FIRST_RETRY_MS;
  /** @type {WebSocket | null} */
  let socket = null;
  connect();

  function connect() {
    onState("connecting");
    const url = new URL(`${apiRoot}/live`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const opened = new WebSocket(url);
    socket = opened;
    opened.addEventListener("message", (event) => receive(/** @type {Message} */ (JSON.parse(String(event.data)))));
    opened.addEventListener("close", () => {
      if (socket !== opened) return;
      socket = null;
      onState("lost");
      setTimeout(comeBack, retryMs * (0.5 + Math.random() / 2));
      retryMs = Math.min(MAX_RETRY_MS, retryMs * 2);
    });
  }

  /** The websocket does not say why it was refused; a request does, and goes to the login page where that is why. */
  function comeBack() {
    get("/me").then(connect, connect);
  }

  /** @param {Message} message */
  function receive(message) {
    if (message.hello !== undefined) greet(message.hello);
    if (typeof message.seq === "number") seq = Math.max(seq, message.seq);
    const topic = topics.get(message.topic ?? "");
    if (topic === undefined) return;
    if (message.reset) topic.isWhole = false;
    if (message.snapshot) topic.isWhole = true;
    for (const watcher of topic.all) {
      if (message.snapshot) watcher.snapshot(message.data);
      if (message.patch && topic.isWhole) watcher.patch(message.data);
      if (message.error !== undefined) watcher.refused?.(message.error.message);
    }
  }

  /** @param {Hello} hello */
  function greet(hello) {
    retryMs = FIRST_RETRY_MS;
    onState("live");
    if (hello.generation !== generation) for (const topic of topics.values()) topic.isWhole = false;
    const after = { generation: hello.generation, seq };
    if (hello.generation !== generation) seq = hello.seq;
    generation = hello.generation;
    const whole = [...topics].filter(([, topic]) => topic.isWhole).map(([name]) => name);
    const others = [...topics.keys()].filter((name) => !whole.includes(name));
    if (whole.length > 0) send({ subscribe: whole, after });
    if (others.length > 0) send({ subscribe: others });
  }

  /** @param {object} message */
  function send(message) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  return {
    /**
     * @template S, P
     * @param {string} topic
     * @param {Watcher<S, P>} watcher
     * @returns {() => void} stops it
     */
    watch(topic, watcher) {
      const known = topics.get(topic) ?? { isWhole: false, all: new Set() };
      const added = /** @type {Watcher<unknown, unknown>} */ (watcher);
      known.all.add(added);
      known.isWhole = false;
      topics.set(topic, known);
      // Who watches it already gets another snapshot, which changes nothing for them.
      if (generation !== "") send({ subscribe: [topic] });
      return () => {
        known.all.delete(added);
        if (known.all.size > 0) return;
        topics.delete(topic);
        send({ unsubscribe: [topic] });
      };
    },
  };
}
