import { queryText, type QueryValue } from "../api/client.ts";
import { parseRoute, pathOf, type Route } from "./routes.ts";

export type Search = Readonly<Record<string, QueryValue>>;

/** Where the console is. A new object at each change. */
export interface Place {
  /** Null: there is no such page. */
  readonly route: Route | null;
  readonly search: URLSearchParams;
}

/** The address bar as the console's state. */
export interface Navigation {
  readonly current: () => Place;
  readonly subscribe: (listener: () => void) => () => void;
  href(route: Route, search?: Search): string;
  /** A step that the back button undoes. */
  go(route: Route, search?: Search): void;
  /**
   * Changes parts of the page's own state; what is undefined leaves the address. `replace`: for what changes with every
   * key press, so that the back button does not undo it letter by letter.
   */
  setSearch(changes: Search, options?: { readonly replace?: boolean }): void;
}

/** The part of `window` that is used. */
export interface AddressBar {
  readonly location: { readonly pathname: string; readonly search: string };
  readonly history: {
    pushState(data: unknown, unused: string, url: string): void;
    replaceState(data: unknown, unused: string, url: string): void;
  };
  addEventListener(type: "popstate", listener: () => void): void;
}

export function navigation(bar: AddressBar, base: string): Navigation {
  const listeners = new Set<() => void>();
  const read = (): Place => ({
    route: parseRoute(bar.location.pathname.slice(base.length) || "/"),
    search: new URLSearchParams(bar.location.search),
  });
  let place = read();
  const moved = (): void => {
    place = read();
    for (const listener of listeners) listener();
  };
  bar.addEventListener("popstate", moved);
  const href = (route: Route, search: Search = {}): string => `${base}${pathOf(route)}${queryText(search)}`;
  return Object.freeze({
    current: () => place,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    href,
    go(route: Route, search?: Search) {
      bar.history.pushState(null, "", href(route, search));
      moved();
    },
    setSearch(changes: Search, { replace = false } = {}) {
      const next = new URLSearchParams(place.search);
      for (const [name, value] of Object.entries(changes)) {
        next.delete(name);
        if (value === undefined) continue;
        if (typeof value === "object") for (const one of value) next.append(name, one);
        else next.set(name, String(value));
      }
      const text = next.toString();
      if (text === place.search.toString()) return;
      const url = `${bar.location.pathname}${text === "" ? "" : `?${text}`}`;
      if (replace) bar.history.replaceState(null, "", url);
      else bar.history.pushState(null, "", url);
      moved();
    },
  });
}
