import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import "./design/tokens.css";
import "./design/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { apiClient } from "./api/client.ts";
import { projectPlace } from "./api/project.ts";
import { App } from "./app/app.tsx";
import { ConsoleContext, type ConsoleParts, type Viewer } from "./app/console.tsx";
import { navigation } from "./app/navigation.ts";
import { preferencesStore } from "./app/preferences.ts";
import { store } from "./app/store.ts";
import { toasts } from "./app/toasts.ts";
import { browserSocket } from "./live/browser-socket.ts";
import { type ConnectionState, type LiveConnection, liveConnection } from "./live/live-connection.ts";
import { topicStore } from "./live/topic-store.ts";

/** The console's composition root: the only place that takes the browser's own clock, network and storage. */
function build(): { readonly parts: ConsoleParts; readonly live: LiveConnection } {
  const place = projectPlace(location.pathname);
  const after = (ms: number, task: () => void): (() => void) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  };
  const now = (): number => Date.now();
  const route = navigation(window, place.base);
  const viewer = store<Viewer | null>(null);
  const api = apiClient({
    root: place.api,
    fetch: (input, init) => fetch(input, init),
    onLoggedOut: () => {
      if (route.current().route?.page === "login") return;
      viewer.set(null);
      route.go({ page: "login" }, { next: `${location.pathname}${location.search}` });
    },
  });
  const connection = store<ConnectionState>({ type: "connecting" });
  const live = liveConnection({
    open: (events) => browserSocket(`${place.api}/live`, events),
    now,
    after,
    random: () => Math.random(),
    onState: connection.set,
    onHello: () => {},
    mayReconnect: () =>
      api.get<Viewer>("/me").then(
        () => true,
        (error: unknown) => !(error instanceof Error && "status" in error && error.status === 401),
      ),
  });
  addEventListener("online", () => live.retryNow());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") live.retryNow();
  });
  const parts: ConsoleParts = {
    place,
    api,
    topics: topicStore({ connection: live, after, onFrame: nextFrame }),
    navigation: route,
    connection,
    reconnect: live.retryNow,
    viewer,
    preferences: preferencesStore(localStorage),
    toasts: toasts(after),
    now,
  };
  return { parts, live };
}

function isAtLogin({ navigation }: ConsoleParts): boolean {
  return navigation.current().route?.page === "login";
}

/** A hidden tab draws no frames, but its title has to go on telling. */
function nextFrame(task: () => void): void {
  if (document.visibilityState === "hidden") setTimeout(task, 250);
  else requestAnimationFrame(() => task());
}

const { parts, live } = build();
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
