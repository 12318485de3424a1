import { store, type Store } from "./store.ts";

/** What a viewer chose, kept in this browser. */
export interface Preferences {
  readonly theme: "system" | "light" | "dark";
  /** An IANA zone; "local" is the browser's own. */
  readonly zone: string;
}

const KEY = "sheaf.preferences";
const defaults: Preferences = Object.freeze({ theme: "system", zone: "local" });
const themes: readonly Preferences["theme"][] = ["system", "light", "dark"];

/** A browser that keeps nothing (private windows) gets the defaults each time. */
export function preferencesStore(storage: Pick<Storage, "getItem" | "setItem">): Store<Preferences> {
  const kept = store(read(storage));
  return {
    ...kept,
    set(value) {
      try {
        storage.setItem(KEY, JSON.stringify(value));
      } catch {}
      kept.set(value);
    },
  };
}

function read(storage: Pick<Storage, "getItem">): Preferences {
  try {
    const { theme, zone } = JSON.parse(storage.getItem(KEY) ?? "{}") as Partial<Record<keyof Preferences, unknown>>;
    return {
      theme: themes.find((known) => known === theme) ?? defaults.theme,
      zone: typeof zone === "string" && isZone(zone) ? zone : defaults.zone,
    };
  } catch {
    return defaults;
  }
}

export function isZone(zone: string): boolean {
  if (zone === "local") return true;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).format(0) !== "";
  } catch {
    return false;
  }
}
