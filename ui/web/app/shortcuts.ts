import { useEffect, useEffectEvent } from "react";

export type Shortcuts = Readonly<Record<string, () => void>>;

/** How long the second key of `g o` may take. */
const CHORD_MS = 1200;

/**
 * Keys that do something anywhere on a page: `?`, `mod+k` (⌘ or Ctrl), `g o` (one after the other). Not while a text is
 * typed, and not under a dialog, unless with ⌘ or Ctrl.
 */
export function useShortcuts(shortcuts: Shortcuts): void {
  const actionOf = useEffectEvent((name: string) => shortcuts[name]);
  useEffect(() => {
    let first: { readonly key: string; readonly at: number } | null = null;
    const onKey = (event: KeyboardEvent): void => {
      const name = nameOf(event);
      if (name === null || event.defaultPrevented) return;
      const isMod = name.startsWith("mod+");
      if (!isMod && (isTyping(event.target) || document.querySelector("dialog[open]") !== null)) return;
      const chord = first !== null && event.timeStamp - first.at < CHORD_MS ? `${first.key} ${name}` : null;
      const action = (chord === null ? undefined : actionOf(chord)) ?? actionOf(name);
      first = action === undefined && !isMod ? { key: name, at: event.timeStamp } : null;
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

function nameOf(event: KeyboardEvent): string | null {
  if (event.altKey) return null;
  if (event.metaKey || event.ctrlKey) return `mod+${event.key.toLowerCase()}`;
  return event.key.length === 1 ? event.key : event.key.toLowerCase();
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
}
