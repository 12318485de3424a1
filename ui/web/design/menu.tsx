import { type KeyboardEvent, type ReactNode, useId, useRef } from "react";
import classes from "./menu.module.css";

export interface MenuItem {
  readonly label: string;
  readonly onChoose: () => void;
  /** Why it cannot be chosen. */
  readonly refusal?: string | null;
  readonly isChosen?: boolean;
}

/** A button with a list of things to do. Arrows move, Escape closes, as the WAI-ARIA pattern of a menu button says. */
export function Menu(props: { readonly label: ReactNode; readonly name: string; readonly items: readonly MenuItem[] }) {
  const { label, name, items } = props;
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    list.current?.hidePopover();
    button.current?.focus();
  };
  const move = (event: KeyboardEvent): void => {
    const all = [...(list.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
    const at = all.findIndex((item) => item === document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    all[to % all.length]?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className={classes["button"]}
        aria-haspopup="menu"
        aria-label={name}
        title={name}
        popoverTarget={id}
      >
        {label}
      </button>
      <div
        ref={list}
        id={id}
        popover="auto"
        role="menu"
        aria-label={name}
        className={classes["menu"]}
        onKeyDown={move}
        onToggle={(event) => {
          if (event.newState === "open") placeBelow(list.current, button.current);
        }}
      >
        {items.map((item) => (
          <button
            key={item.label}
            type="button"
            role={item.isChosen === undefined ? "menuitem" : "menuitemradio"}
            aria-checked={item.isChosen}
            aria-disabled={(item.refusal ?? null) !== null || undefined}
            title={item.refusal ?? undefined}
            className={classes["item"]}
            onClick={() => {
              if ((item.refusal ?? null) !== null) return;
              close();
              item.onChoose();
            }}
          >
            {item.label}
          </button>
        ))}
      </div>
    </>
  );
}

/** Below its button and within the window; the first item gets the focus. */
function placeBelow(list: HTMLElement | null, button: HTMLElement | null): void {
  if (list === null || button === null) return;
  const place = button.getBoundingClientRect();
  const left = Math.max(8, Math.min(place.left, window.innerWidth - list.offsetWidth - 8));
  const below = place.bottom + 4;
  const top = below + list.offsetHeight > window.innerHeight ? Math.max(8, place.top - list.offsetHeight - 4) : below;
  list.style.insetInlineStart = `${left}px`;
  list.style.insetBlockStart = `${top}px`;
  list.querySelector<HTMLElement>("[role^=menuitem]")?.focus();
}
