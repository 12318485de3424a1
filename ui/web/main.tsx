import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import "./design/tokens.css";
import "./design/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Refused } from "./api/client.ts";
import { type ProjectPlace, projectPlace } from "./api/project.ts";
import { App } from "./app/app.tsx";
import { ConsoleContext, type ConsoleParts, type Viewer } from "./app/console.tsx";
import { consoleParts } from "./app/console-parts.ts";
import { browserSocket } from "./live/browser-socket.ts";
import { holdUnderPointer } from "./live/pointer-hold.ts";

/** The console's composition root: the only place that takes the browser's own clock, network and storage. */
function consoleAt(place: ProjectPlace): ReturnType<typeof consoleParts> {
  return consoleParts({
    place,
    bar: window,
    storage: localStorage,
    fetch: (input, init) => fetch(input, init),
    openSocket: browserSocket,
    now: () => Date.now(),
    random: () => Math.random(),
    after,
    onFrame: nextFrame,
  });
}

function after(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
}

/** A hidden tab draws no frames, but its title has to go on telling. */
function nextFrame(task: () => void): void {
  if (document.visibilityState === "hidden") setTimeout(task, 250);
  else requestAnimationFrame(() => task());
}

function isAtLogin({ navigation }: ConsoleParts): boolean {
  return navigation.current().route?.page === "login";
}

const root = document.querySelector("#root");
if (root === null) throw new Error("the page has no #root");
const rendered = createRoot(root);
start(projectPlace(location.pathname));

function start(place: ProjectPlace): void {
  const { parts, live, hold } = consoleAt(place);
  rendered.render(
    <StrictMode>
      <ConsoleContext value={parts}>
        <App />
      </ConsoleContext>
    </StrictMode>,
  );
  if (isAtLogin(parts)) return;
  const begin = (viewer: Viewer): void => {
    // Who is logged out is at the login page by now.
    if (isAtLogin(parts)) return;
    parts.viewer.set(viewer);
    live.open();
    holdUnderPointer(document, hold, after);
    addEventListener("online", () => live.retryNow());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") live.retryNow();
    });
  };
  parts.api.get<Viewer>("/me").then(begin, (error: unknown) => {
    // There is no such project: the first one's console says that there is no such page.
    if (place.base !== "" && error instanceof Refused && error.status === 404) start(projectPlace("/"));
    // Of a server that does not answer the connection tells.
    else begin({ name: "unknown", role: "viewer" });
  });
}
