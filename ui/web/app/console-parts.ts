import { type ApiClient, apiClient } from "../api/client.ts";
import type { ProjectPlace } from "../api/project.ts";
import {
  type ConnectionState,
  type LiveConnection,
  liveConnection,
  type Socket,
  type SocketEvents,
} from "../live/live-connection.ts";
import type { MaterializeTarget } from "../materialize/materialize-target.ts";
import { type PointerHold, pointerHold } from "../live/pointer-hold.ts";
import { topicStore } from "../live/topic-store.ts";
import type { ConsoleParts, Viewer } from "./console.tsx";
import { following } from "./following.ts";
import { type AddressBar, navigation } from "./navigation.ts";
import { preferencesStore } from "./preferences.ts";
import { store } from "./store.ts";
import { toasts } from "./toasts.ts";

/** What the console needs of its browser, or of a test. */
export interface ConsolePartsParams {
  readonly place: ProjectPlace;
  readonly bar: AddressBar;
  readonly storage: Pick<Storage, "getItem" | "setItem">;
  readonly fetch: typeof globalThis.fetch;
  readonly openSocket: (path: string, events: SocketEvents) => Socket;
  readonly now: () => number;
  readonly random: () => number;
  readonly after: (ms: number, task: () => void) => () => void;
  readonly onFrame: (task: () => void) => void;
}

/** Binds the console's parts to each other. The connection is opened by who knows that somebody is logged in. */
export function consoleParts(params: ConsolePartsParams): {
  readonly parts: ConsoleParts;
  readonly live: LiveConnection;
  readonly hold: PointerHold;
} {
  const { place, bar, now, after } = params;
  const route = navigation(bar, place.base);
  const viewer = store<Viewer | null>(null);
  const api: ApiClient = apiClient({
    root: place.api,
    fetch: params.fetch,
    onLoggedOut: () => {
      if (route.current().route?.page === "login") return;
      viewer.set(null);
      route.go({ page: "login" }, { next: `${bar.location.pathname}${bar.location.search}` });
    },
  });
  const connection = store<ConnectionState>({ type: "connecting" });
  const live = liveConnection({
    open: (events) => params.openSocket(`${place.api}/live`, events),
    now,
    after,
    random: params.random,
    onState: connection.set,
    onHello: () => {},
    mayReconnect: () =>
      api.get<Viewer>("/me").then(
        () => true,
        (error: unknown) => !(error instanceof Error && "status" in error && error.status === 401),
      ),
  });
  const hold = pointerHold({ now, after });
  const parts: ConsoleParts = {
    place,
    api,
    topics: topicStore({ connection: live, hold, after, onFrame: params.onFrame }),
    navigation: route,
    connection,
    reconnect: live.retryNow,
    viewer,
    preferences: preferencesStore(params.storage),
    toasts: toasts(after),
    following: following(),
    materialize: store<MaterializeTarget | null>(null),
    now,
  };
  return { parts, live, hold };
}
