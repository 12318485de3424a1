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
