import { type RefObject, useCallback, useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import type { GridGeometry, GridView } from "./grid-geometry.ts";
import { type GeometryFor, type GridModel } from "./grid-model.ts";
import { MatrixPainter, type Pointed } from "./matrix-painter.ts";
import { onPaletteChange, type Palette, readPalette } from "./palette.ts";

export interface PaintedGrid {
  readonly geometry: GridGeometry;
  readonly view: () => GridView;
  /** Changes what follows the pointer, and draws it in the next frame. */
  readonly point: (pointed: Partial<Pointed>) => void;
  readonly pointed: () => Pointed;
}

interface PainterParams {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  readonly model: GridModel;
  readonly geometryFor: GeometryFor;
  readonly hasLabels: boolean;
}

const nothingPointed: Pointed = Object.freeze({ hover: null, cursor: null, drag: null });

/** Keeps a canvas showing what is scrolled to: one drawing a frame, whatever changed in between. */
export function usePainter({ scroller, canvas, model, geometryFor, hasLabels }: PainterParams): PaintedGrid {
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [palette, setPalette] = useState<Palette | null>(null);
  const geometry = useMemo(() => geometryFor(size.width), [geometryFor, size.width]);
  const painter = useRef<MatrixPainter | null>(null);
  const pointed = useRef<Pointed>(nothingPointed);
  const frame = useRef<number | null>(null);

  const view = useCallback((): GridView => {
    const { scrollLeft = 0, scrollTop = 0 } = scroller.current ?? {};
    // On whole device pixels, so that tiles are copied and not smoothed.
    const ratio = devicePixelRatio;
    const snapped = (px: number): number => Math.round(px * ratio) / ratio;
    return { left: snapped(scrollLeft), top: snapped(scrollTop), ...size };
  }, [scroller, size]);

  const draw = useEffectEvent(() => {
    if (canvas.current === null || palette === null || size.width === 0) return;
    painter.current ??= new MatrixPainter(canvas.current);
    const { data, order, selection } = model;
    const scene = { data, order, selection, geometry, palette, hasLabels };
    painter.current.paint(scene, { view: view(), pointed: pointed.current, ratio: devicePixelRatio });
  });
  const drawInFrame = useRef(() => {
    frame.current ??= requestAnimationFrame(() => {
      frame.current = null;
      draw();
    });
  });

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const take = (): void => setPalette(readPalette(element));
    const measure = (): void => setSize({ width: element.clientWidth, height: element.clientHeight });
    const ask = (): void => drawInFrame.current();
    take();
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    const stop = onPaletteChange(take);
    element.addEventListener("scroll", ask, { passive: true });
    // Text is drawn with the page's own font once it is there.
    void document.fonts?.ready.then(take);
    return () => {
      observer.disconnect();
      stop();
      element.removeEventListener("scroll", ask);
      if (frame.current !== null) cancelAnimationFrame(frame.current);
      frame.current = null;
      painter.current = null;
    };
  }, [scroller]);

  const { data, version, order, selection } = model;
  useEffect(() => drawInFrame.current(), [data, version, order, selection, geometry, palette, size, hasLabels]);

  const point = useCallback((change: Partial<Pointed>) => {
    pointed.current = { ...pointed.current, ...change };
    drawInFrame.current();
  }, []);
  return { geometry, view, point, pointed: useCallback(() => pointed.current, []) };
}
