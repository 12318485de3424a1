import { GlobalRegistrator } from "@happy-dom/global-registrator";

/**
 * A document in this process, for components. To be imported before React, which looks for it once, and so before
 * anything that imports React. What is not of the document stays Node's: the engine and the server run here as well.
 */
const nodes = [
  "fetch",
  "Request",
  "Response",
  "Headers",
  "FormData",
  "Blob",
  "File",
  "AbortController",
  "AbortSignal",
  "WebSocket",
  "URL",
  "URLSearchParams",
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "setImmediate",
  "clearImmediate",
  "queueMicrotask",
  "performance",
  "crypto",
  "ReadableStream",
  "WritableStream",
  "TransformStream",
  "MessagePort",
  "MessageChannel",
  "BroadcastChannel",
  "process",
  "Buffer",
] as const;

const kept = nodes.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
GlobalRegistrator.register({ url: "http://console.invalid/", width: 1440, height: 900 });
for (const [name, descriptor] of kept) {
  if (descriptor !== undefined) Object.defineProperty(globalThis, name, { ...descriptor, configurable: true });
}

// A document without layout: every element says that it is of this size, so that virtual lists draw their first lines.
for (const [name, px] of [
  ["offsetWidth", 1200],
  ["offsetHeight", 640],
  ["clientWidth", 1200],
  ["clientHeight", 640],
] as const) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => px });
}
