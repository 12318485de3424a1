import type { CellWord } from "./matrix-data.ts";

/** The tokens of the design system as a canvas takes them: it knows no custom properties. */
export interface Palette {
  /** A cell's shape, and the ground behind it; null: none. */
  readonly shapes: Readonly<Record<CellWord, { readonly ink: string; readonly ground: string | null }>>;
  readonly surface: string;
  readonly line: string;
  readonly text: string;
  readonly textFaint: string;
  readonly hover: string;
  readonly selected: string;
  readonly focus: string;
  readonly font: string;
}

/** Where the system chooses the colours (high contrast), shapes alone tell the words apart. */
const forced: Palette = Object.freeze({
  shapes: {
    failed: { ink: "CanvasText", ground: null },
    running: { ink: "CanvasText", ground: null },
    stale: { ink: "CanvasText", ground: null },
    missing: { ink: "GrayText", ground: null },
    materialized: { ink: "CanvasText", ground: null },
  },
  surface: "Canvas",
  line: "GrayText",
  text: "CanvasText",
  textFaint: "CanvasText",
  hover: "Canvas",
  selected: "Highlight",
  focus: "Highlight",
  font: "system-ui, sans-serif",
});

/** Reads the colours that hold for an element now: in its theme, and with what the system asks for. */
export function readPalette(element: HTMLElement): Palette {
  if (matchMedia("(forced-colors: active)").matches) return forced;
  const probe = document.createElement("span");
  element.append(probe);
  const token = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const palette: Palette = {
    shapes: {
      failed: { ink: token("bad"), ground: token("bad-soft") },
      running: { ink: token("running"), ground: token("running-soft") },
      stale: { ink: token("stale"), ground: token("stale-soft") },
      missing: { ink: token("quiet"), ground: null },
      materialized: { ink: token("good"), ground: null },
    },
    surface: token("surface"),
    line: token("grid"),
    text: token("ink-soft"),
    textFaint: token("ink-faint"),
    hover: token("hover"),
    selected: token("selected"),
    focus: token("focus"),
    font: getComputedStyle(element).fontFamily,
  };
  probe.remove();
  return palette;
}

/** Calls back whenever another palette may hold. Returns how to stop. */
export function onPaletteChange(listener: () => void): () => void {
  const queries = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((text) => matchMedia(text));
  for (const query of queries) query.addEventListener("change", listener);
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => {
    for (const query of queries) query.removeEventListener("change", listener);
    observer.disconnect();
  };
}
