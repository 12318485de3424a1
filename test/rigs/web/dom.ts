import { GlobalRegistrator } from "@happy-dom/global-registrator";

/**
 * A document in this process, for components. To be imported before React, which looks for it once, and so before
 * anything that imports React. Compare its nodes with ===: an assertion on two of them that fails prints all that hangs on
 * them, and the process is out of memory before it is done. What is not of the document stays Node's: the engine and the server run here as well.
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

/** Of a line of a virtual list. */
const LINE_PX = 30;
/** Further than any list of a test scrolls. */
const LONG_PX = 1_000_000;

// A document without layout: every element says that it is of this size, so that virtual lists draw lines; what is
// scrolled says so, as in a browser, so that they draw others.
for (const [name, px] of [
  ["offsetWidth", () => 1200],
  ["offsetHeight", (element) => ("index" in element.dataset ? LINE_PX : 640)],
  ["clientWidth", () => 1200],
  ["clientHeight", () => 640],
  ["scrollHeight", () => LONG_PX],
] as const satisfies readonly (readonly [string, (element: HTMLElement) => number])[]) {
  Object.defineProperty(HTMLElement.prototype, name, {
    configurable: true,
    get(this: HTMLElement) {
      return px(this);
    },
  });
}
HTMLElement.prototype.scrollTo = function scrollTo(this: HTMLElement, to?: ScrollToOptions | number) {
  if (typeof to !== "object") return;
  this.scrollTop = to.top ?? this.scrollTop;
  setImmediate(() => this.dispatchEvent(new Event("scroll")));
};
