import {
  createContext,
  use,
  useCallback,
  useEffect,
  useEffectEvent,
  useMemo,
  useState,
  useSyncExternalStore,
} from "react";
import type { Role } from "../../../engine/operate.ts";
import type { ApiClient } from "../api/client.ts";
import type { ProjectPlace } from "../api/project.ts";
import type { ConnectionState } from "../live/live-connection.ts";
import type { MaterializeTarget } from "../materialize/materialize-target.ts";
import type { TopicModel, TopicState, TopicStore } from "../live/topic-store.ts";
import type { Following } from "./following.ts";
import type { Navigation, Place } from "./navigation.ts";
import type { Preferences } from "./preferences.ts";
import type { Store } from "./store.ts";
import type { Toasts } from "./toasts.ts";

/** Who is logged in. */
export interface Viewer {
  readonly name: string;
  readonly role: Role;
}

/** All that the console's parts share; built once, in main.tsx, and in tests. */
export interface ConsoleParts {
  readonly place: ProjectPlace;
  readonly api: ApiClient;
  readonly topics: TopicStore;
  readonly navigation: Navigation;
  readonly connection: Store<ConnectionState>;
  /** Tries the lost connection now. */
  readonly reconnect: () => void;
  readonly viewer: Store<Viewer | null>;
  readonly preferences: Store<Preferences>;
  readonly toasts: Toasts;
  /** What this viewer wants to hear the end of. */
  readonly following: Following;
  /** What the dialog that materializes was opened for. */
  readonly materialize: Store<MaterializeTarget | null>;
  readonly now: () => number;
}

export const ConsoleContext = createContext<ConsoleParts | null>(null);

export function useConsole(): ConsoleParts {
  const parts = use(ConsoleContext);
  if (parts === null) throw new Error("no console around this component");
  return parts;
}

export function useStore<T>(kept: Pick<Store<T>, "current" | "subscribe">): T {
  return useSyncExternalStore(kept.subscribe, kept.current);
}

export function usePlace(): Place {
  const { navigation } = useConsole();
  return useSyncExternalStore(navigation.subscribe, navigation.current);
}

/** A text of the page's state in the address; "" where it is not there. */
export function useSearchText(
  name: string,
): readonly [string, (value: string | undefined, options?: { replace?: boolean }) => void] {
  const { navigation } = useConsole();
  const value = usePlace().search.get(name) ?? "";
  const set = useCallback(
    (next: string | undefined, options?: { replace?: boolean }) =>
      navigation.setSearch({ [name]: next === "" ? undefined : next }, options),
    [navigation, name],
  );
  return [value, set];
}

/** Several values of one name in the address. */
export function useSearchList(name: string): readonly [readonly string[], (values: readonly string[]) => void] {
  const { navigation } = useConsole();
  const { search } = usePlace();
  const values = useMemo(() => search.getAll(name), [search, name]);
  const set = useCallback((next: readonly string[]) => navigation.setSearch({ [name]: next }), [navigation, name]);
  return [values, set];
}

export function useTopic<S>(name: string, model: TopicModel<S>): TopicState<S> {
  const { topics } = useConsole();
  const handle = useMemo(() => topics.topic(name, model), [topics, name, model]);
  return useSyncExternalStore(handle.subscribe, handle.current);
}

export type Loaded<T> =
  | { readonly type: "loading" }
  | { readonly type: "ready"; readonly data: T }
  | { readonly type: "failed"; readonly error: Error };

/**
 * What a route of the API answers, asked for anew when `key` changes (null: not at all). While a newer answer is on its
 * way the one before stays.
 */
export function useLoaded<T>(
  key: string | null,
  load: (api: ApiClient, signal: AbortSignal) => Promise<T>,
): Loaded<T> & { readonly reload: () => void } {
  const { api } = useConsole();
  const [state, setState] = useState<Loaded<T>>({ type: "loading" });
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  const begin = useEffectEvent((signal: AbortSignal) => load(api, signal));
  useEffect(() => {
    if (key === null) return undefined;
    const abort = new AbortController();
    const become = (next: Loaded<T>): void => {
      if (!abort.signal.aborted) setState(next);
    };
    begin(abort.signal).then(
      (data) => become({ type: "ready", data }),
      (error: unknown) => become({ type: "failed", error: error instanceof Error ? error : new Error(String(error)) }),
    );
    return () => abort.abort();
  }, [key, round]);
  return { ...state, reload };
}

const roleRank: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

/** Null where the viewer may; else a sentence that says why not. */
export function useRefusal(role: Role): string | null {
  const viewer = useStore(useConsole().viewer);
  if (viewer === null) return "You are not logged in.";
  if (roleRank[viewer.role] >= roleRank[role]) return null;
  return `This takes the role ${role}; ${viewer.name} is ${viewer.role}.`;
}

/** Says why something cannot be used, to who tries it: a finger sees no hint on hover. */
export function useSayRefusal(): (refusal: string) => void {
  const toasts = use(ConsoleContext)?.toasts;
  return (refusal) => {
    const isSaid = toasts?.current().some(({ text }) => text === refusal) ?? true;
    if (!isSaid) toasts?.show({ tone: "plain", text: refusal });
  };
}

/** The time, anew every so often. One timer serves all that ask for the same pace. */
export function useNow(paceMs = 1000): number {
  const { now } = useConsole();
  const [value, setValue] = useState(now);
  useEffect(() => {
    const timer = setInterval(() => setValue(now()), paceMs);
    return () => clearInterval(timer);
  }, [now, paceMs]);
  return value;
}

/** The IANA zone in which instants are shown. */
export function useZone(): string {
  const { zone } = useStore(useConsole().preferences);
  return zone === "local" ? Intl.DateTimeFormat().resolvedOptions().timeZone : zone;
}
