import {
  type KeyboardEvent,
  type PointerEvent,
  useCallback,
  useEffect,
  useEffectEvent,
  useMemo,
  useRef,
  useState,
} from "react";
import type { AssetView } from "../../../../../engine/operate.ts";
import { useConsole, useSearchList, useSearchText, useStore } from "../../../app/console.tsx";
import { Button } from "../../../design/button.tsx";
import { Checkbox } from "../../../design/field.tsx";
import { onPaletteChange } from "../../../matrix/palette.ts";
import { Skeleton } from "../../../design/notes.tsx";
import { Status } from "../../../design/status.tsx";
import { GROUP_PREFIX, lineageModel, reachOf } from "./graph-model.ts";
import { NODE_HEIGHT, NODE_WIDTH } from "./layout.ts";
import classes from "./lineage-graph.module.css";
import { graphGestures } from "./graph-gestures.ts";
import { paletteOf } from "./graph-palette.ts";
import type { Palette } from "./paint.ts";
import { GraphPicture } from "./picture.ts";
import { useLayout } from "./use-layout.ts";
import { centre, fit, pan, placeAt, type Viewport, zoom } from "./viewport.ts";

const PAN_PX = 60;
const ZOOM = 1.25;
/** Groups are folded at first where the graph would be a carpet. */
const MANY_ASSETS = 150;

/**
 * What depends on what, on a canvas. The list tab holds the same assets for readers of screens; here arrows move from
 * box to box and Enter opens one.
 */
export function LineageGraph({ assets }: { readonly assets: readonly AssetView[] }) {
  const { navigation, preferences } = useConsole();
  const { theme } = useStore(preferences);
  const [foldedGroups, setFolded] = useSearchList("fold");
  const [chosen, setChosen] = useSearchText("asset");
  const groups = useMemo(() => [...new Set(assets.map(({ group }) => group))], [assets]);
  const folded = useMemo(() => {
    if (foldedGroups.length > 0) return new Set(foldedGroups.filter((group) => group !== "none"));
    return new Set(assets.length > MANY_ASSETS ? groups : []);
  }, [foldedGroups, groups, assets.length]);
  const model = useMemo(() => lineageModel(assets, folded), [assets, folded]);
  const layout = useLayout(model);
  const nodes = useMemo(() => new Map(model.nodes.map((node) => [node.id, node])), [model]);
  const lit = useMemo(() => (nodes.has(chosen) ? reachOf(chosen, model.edges) : null), [chosen, nodes, model]);
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<Viewport | null>(null);
  const frame = useRef(0);
  const picture = useRef(new GraphPicture());
  const palette = useRef<Palette | null>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });

  const draw = useEffectEvent(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (element === null || context === null || context === undefined || layout === null || size.width === 0) return;
    view.current ??= fit(layout, size);
    palette.current ??= paletteOf(element);
    picture.current.paint(context, {
      layout,
      nodes,
      view: view.current,
      chosen: chosen === "" ? null : chosen,
      lit,
      palette: palette.current,
      font: getComputedStyle(element).fontFamily,
      ...size,
      ratio: devicePixelRatio,
    });
  });
  const drawSoon = useCallback((): void => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => draw());
  }, []);
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => {
      element.width = element.clientWidth * devicePixelRatio;
      element.height = element.clientHeight * devicePixelRatio;
      setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const recolour = (): void => {
      palette.current = null;
      drawSoon();
    };
    recolour();
    return onPaletteChange(recolour);
  }, [theme, drawSoon]);
  const fitted = useRef<unknown>(null);
  useEffect(() => {
    // Another layout is another drawing, seen whole at first.
    if (fitted.current !== layout) view.current = null;
    fitted.current = layout;
    draw();
  }, [layout, nodes, lit, chosen, size]);

  const move = (next: Viewport): void => {
    view.current = next;
    drawSoon();
  };
  const onWheel = useEffectEvent((event: WheelEvent) => {
    if (view.current === null) return;
    event.preventDefault();
    const { left, top } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    if (event.ctrlKey || event.metaKey) {
      move(
        zoom(view.current, { factor: Math.exp(-event.deltaY / 200), x: event.clientX - left, y: event.clientY - top }),
      );
    } else move(pan(view.current, -event.deltaX, -event.deltaY));
  });
  useEffect(() => {
    const element = canvas.current;
    // React's own listener is passive and could not keep the page from scrolling.
    const listen = (event: WheelEvent): void => onWheel(event);
    element?.addEventListener("wheel", listen, { passive: false });
    return () => element?.removeEventListener("wheel", listen);
  }, []);

  const pointOf = (event: PointerEvent<HTMLElement>): { x: number; y: number } => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const nodeAt = (event: PointerEvent<HTMLElement>): string | null => {
    if (view.current === null || layout === null) return null;
    const at = pointOf(event);
    const { x, y } = placeAt(view.current, at.x, at.y);
    const found = layout.nodes.find(
      (node) => Math.abs(node.x - x) <= NODE_WIDTH / 2 && Math.abs(node.y - y) <= NODE_HEIGHT / 2,
    );
    return found?.id ?? null;
  };
  const [gestures] = useState(graphGestures);
  const open = (id: string): void => {
    if (id.startsWith(GROUP_PREFIX)) toggle(id.slice(GROUP_PREFIX.length), false);
    else navigation.go({ page: "asset", key: id });
  };
  const toggle = (group: string, isFolded: boolean): void => {
    const next = new Set(folded);
    if (isFolded) next.add(group);
    else next.delete(group);
    setFolded(next.size === 0 ? ["none"] : [...next]);
  };
  const step = (event: KeyboardEvent): void => {
    if (layout === null || view.current === null) return;
    if (event.key === "+" || event.key === "-") {
      move(zoom(view.current, { factor: event.key === "+" ? ZOOM : 1 / ZOOM, x: size.width / 2, y: size.height / 2 }));
    } else if (event.key === "0") move(fit(layout, size));
    else if (event.key === "Enter" && chosen !== "") open(chosen);
    else if (event.key === "Escape") setChosen(undefined, { replace: true });
    else if (event.key.startsWith("Arrow")) {
      if (event.shiftKey) {
        const dx = { ArrowLeft: PAN_PX, ArrowRight: -PAN_PX }[event.key] ?? 0;
        const dy = { ArrowUp: PAN_PX, ArrowDown: -PAN_PX }[event.key] ?? 0;
        move(pan(view.current, dx, dy));
      } else {
        const next = neighbour(layout.nodes, { from: chosen, key: event.key });
        if (next === null) return;
        setChosen(next.id, { replace: true });
        move(centre(view.current, next, size));
      }
    } else return;
    event.preventDefault();
  };
  const current = nodes.get(chosen);
  return (
    <div className={classes["graph"]}>
      <div className={classes["tools"]}>
        <fieldset className={classes["groups"]}>
          <legend className="only-read-aloud">Folded groups</legend>
          {groups.map((group) => (
            <Checkbox
              key={group}
              label={`fold ${group}`}
              checked={folded.has(group)}
              onChange={(event) => toggle(group, event.target.checked)}
            />
          ))}
        </fieldset>
        <span className={classes["buttons"]}>
          <Button
            aria-label="Smaller"
            onClick={() =>
              view.current !== null &&
              move(zoom(view.current, { factor: 1 / ZOOM, x: size.width / 2, y: size.height / 2 }))
            }
          >
            −
          </Button>
          <Button
            aria-label="Larger"
            onClick={() =>
              view.current !== null && move(zoom(view.current, { factor: ZOOM, x: size.width / 2, y: size.height / 2 }))
            }
          >
            +
          </Button>
          <Button onClick={() => layout !== null && move(fit(layout, size))}>All of it</Button>
        </span>
      </div>
      <div className={classes["stage"]}>
        {layout === null && <Skeleton lines={6} />}
        <canvas
          ref={canvas}
          tabIndex={0}
          role="application"
          aria-label={`Lineage of ${assets.length} assets. Arrows go from box to box, Enter opens one; the list shows the same.`}
          aria-describedby="lineage-chosen"
          onKeyDown={step}
          onPointerDown={(event) => {
            gestures.down(event.pointerId, pointOf(event));
            event.currentTarget.setPointerCapture(event.pointerId);
          }}
          onPointerMove={(event) => {
            if (view.current === null) return;
            const next = gestures.move(event.pointerId, { at: pointOf(event), view: view.current });
            if (next !== null) move(next);
          }}
          onPointerUp={(event) => {
            if (gestures.up(event.pointerId)) setChosen(nodeAt(event) ?? undefined, { replace: true });
          }}
          onPointerCancel={gestures.cancel}
          onDoubleClick={() => chosen !== "" && open(chosen)}
        />
        <div id="lineage-chosen" role="status" className={classes["chosen"]}>
          {current !== undefined && (
            <>
              <Status word={current.status} />
              <strong>{current.isGroup ? `group ${current.label}` : current.id}</strong>
              <Button onClick={() => open(current.id)}>{current.isGroup ? "Unfold" : "Open"}</Button>
            </>
          )}
        </div>
      </div>
    </div>
  );
}

interface Placed {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

const directions: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The nearest box in the direction of an arrow key; the first one where none is chosen. */
function neighbour(places: readonly Placed[], { from, key }: { from: string; key: string }): Placed | null {
  const here = places.find(({ id }) => id === from);
  if (here === undefined) return places[0] ?? null;
  const [dx, dy] = directions[key] ?? [0, 0];
  let best: Placed | null = null;
  let least = Infinity;
  for (const place of places) {
    const along = (place.x - here.x) * dx + (place.y - here.y) * dy;
    const aside = Math.abs((place.x - here.x) * dy) + Math.abs((place.y - here.y) * dx);
    if (along <= 1 || along + aside * 2 >= least) continue;
    least = along + aside * 2;
    best = place;
  }
  return best;
}
