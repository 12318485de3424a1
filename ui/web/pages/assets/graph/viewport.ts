/** What part of a drawing is seen: screen = place × scale + offset. */
export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export const MIN_SCALE = 0.04;
export const MAX_SCALE = 2;

/** All of a drawing within a window, not larger than life. */
export function fit(drawing: { width: number; height: number }, window: { width: number; height: number }): Viewport {
  const scale = Math.min(1, window.width / Math.max(1, drawing.width), window.height / Math.max(1, drawing.height));
  const bounded = Math.max(MIN_SCALE, scale);
  return {
    scale: bounded,
    x: (window.width - drawing.width * bounded) / 2,
    y: (window.height - drawing.height * bounded) / 2,
  };
}

/** Larger or smaller around a point of the screen, which stays where it is. */
export function zoom(view: Viewport, { factor, x, y }: { factor: number; x: number; y: number }): Viewport {
  const scale = Math.min(MAX_SCALE, Math.max(MIN_SCALE, view.scale * factor));
  const ratio = scale / view.scale;
  return { scale, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio };
}

export function pan(view: Viewport, dx: number, dy: number): Viewport {
  return { ...view, x: view.x + dx, y: view.y + dy };
}

/** A place of the drawing in the middle of the window. */
export function centre(
  view: Viewport,
  place: { x: number; y: number },
  window: { width: number; height: number },
): Viewport {
  return { ...view, x: window.width / 2 - place.x * view.scale, y: window.height / 2 - place.y * view.scale };
}

/** The place of the drawing under a point of the screen. */
export function placeAt(view: Viewport, x: number, y: number): { readonly x: number; readonly y: number } {
  return { x: (x - view.x) / view.scale, y: (y - view.y) / view.scale };
}
