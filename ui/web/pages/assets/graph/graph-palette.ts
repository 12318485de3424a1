import type { Palette } from "./paint.ts";

/** Where the system chooses the colours (high contrast). */
const forced: Palette = Object.freeze({
  surface: "Canvas",
  sunken: "Canvas",
  line: "GrayText",
  lineStrong: "CanvasText",
  ink: "CanvasText",
  focus: "Highlight",
  running: "CanvasText",
  failed: "CanvasText",
  materialized: "CanvasText",
  stale: "CanvasText",
  missing: "GrayText",
  retired: "GrayText",
});

/** A canvas knows no custom properties: the browser resolves them where they stand for a colour. */
export function paletteOf(element: HTMLElement): Palette {
  if (matchMedia("(forced-colors: active)").matches) return forced;
  const probe = document.createElement("span");
  element.parentElement?.append(probe);
  const token = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const palette: Palette = {
    surface: token("surface-raised"),
    sunken: token("surface-sunken"),
    line: token("line"),
    lineStrong: token("line-strong"),
    ink: token("ink"),
    focus: token("focus"),
    running: token("running"),
    failed: token("bad"),
    materialized: token("good"),
    stale: token("stale"),
    missing: token("quiet"),
    retired: token("quiet"),
  };
  probe.remove();
  return palette;
}
