import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import "./design/tokens.css";
import "./design/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { projectPlace } from "./api/project.ts";
import { App } from "./app/app.tsx";
import { ConsoleContext, type ConsoleParts, type Viewer } from "./app/console.tsx";
import { consoleParts } from "./app/console-parts.ts";
import { browserSocket } from "./live/browser-socket.ts";

/** The console's composition root: the only place that takes the browser's own clock, network and storage. */
const { parts, live } = consoleParts({
  place: projectPlace(location.pathname),
  bar: window,
  storage: localStorage,
  fetch: (input, init) => fetch(input, init),
  openSocket: browserSocket,
  now: () => Date.now(),
  random: () => Math.random(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
  onFrame: nextFrame,
});
addEventListener("online", () => live.retryNow());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") live.retryNow();
});

function isAtLogin({ navigation }: ConsoleParts): boolean {
  return navigation.current().route?.page === "login";
}

/** A hidden tab draws no frames, but its title has to go on telling. */
function nextFrame(task: () => void): void {
  if (document.visibilityState === "hidden") setTimeout(task, 250);
  else requestAnimationFrame(() => task());
}

const root = document.querySelector("#root");
if (root === null) throw new Error("the page has no #root");
if (!isAtLogin(parts)) {
  const begin = (viewer: Viewer): void => {
    // Who is logged out is at the login page by now.
    if (isAtLogin(parts)) return;
    parts.viewer.set(viewer);
    live.open();
  };
  // Of a server that does not answer the connection tells.
  void parts.api.get<Viewer>("/me").then(begin, () => begin({ name: "unknown", role: "viewer" }));
}
createRoot(root).render(
  <StrictMode>
    <ConsoleContext value={parts}>
      <App />
    </ConsoleContext>
  </StrictMode>,
);
