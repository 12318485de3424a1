import type { GraphNode } from "./graph-model.ts";
import { type Layout, NODE_HEIGHT, NODE_WIDTH, type PlacedNode } from "./layout.ts";
import type { Viewport } from "./viewport.ts";

/** The colours of the tokens, read from the page so that both themes hold. */
export type Palette = Readonly<
  Record<
    | "surface"
    | "sunken"
    | "line"
    | "lineStrong"
    | "ink"
    | "focus"
    | "running"
    | "failed"
    | "materialized"
    | "stale"
    | "missing"
    | "retired",
    string
  >
>;

export interface Scene {
  readonly layout: Layout;
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly view: Viewport;
  readonly chosen: string | null;
  /** Null: all are lit. */
  readonly lit: ReadonlySet<string> | null;
  readonly palette: Palette;
  readonly font: string;
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
}

/** Below these scales text, and then the bars, would be dust. */
const TEXT_SCALE = 0.45;
const BAR_SCALE = 0.2;
const shareOrder = ["running", "failed", "materialized", "stale", "missing"] as const;

/** Draws what is seen of the graph, and nothing else. */
export function paint(context: CanvasRenderingContext2D, scene: Scene): void {
  const { layout, nodes, view, ratio, palette } = scene;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, scene.width, scene.height);
  context.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y);
  const seen = window(scene);
  context.lineWidth = Math.max(1, 0.7 / view.scale);
  for (const isLit of [false, true]) {
    context.strokeStyle = isLit ? palette.lineStrong : palette.line;
    context.beginPath();
    for (const { from, to, points } of layout.edges) {
      const lights = scene.lit === null || (scene.lit.has(from) && scene.lit.has(to));
      if (lights === isLit && overlaps(points, seen)) trace(context, points);
    }
    context.stroke();
  }
  for (const place of layout.nodes) {
    const node = nodes.get(place.id);
    if (node === undefined || !contains(seen, place)) continue;
    context.globalAlpha = scene.lit === null || scene.lit.has(place.id) ? 1 : 0.3;
    box(context, { node, place, scene });
  }
  context.globalAlpha = 1;
}

interface Bounds {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function window({ view, width, height }: Scene): Bounds {
  return {
    left: -view.x / view.scale,
    top: -view.y / view.scale,
    right: (width - view.x) / view.scale,
    bottom: (height - view.y) / view.scale,
  };
}

function contains({ left, right, top, bottom }: Bounds, { x, y }: PlacedNode): boolean {
  return x + NODE_WIDTH > left && x - NODE_WIDTH < right && y + NODE_HEIGHT > top && y - NODE_HEIGHT < bottom;
}

function overlaps(points: readonly number[], { left, right, top, bottom }: Bounds): boolean {
  let isLeft = true;
  let isRight = true;
  let isAbove = true;
  let isBelow = true;
  for (let at = 0; at < points.length; at += 2) {
    const x = points[at] ?? 0;
    const y = points[at + 1] ?? 0;
    isLeft &&= x < left;
    isRight &&= x > right;
    isAbove &&= y < top;
    isBelow &&= y > bottom;
  }
  return !(isLeft || isRight || isAbove || isBelow);
}

/** A curve through the layout's points. */
function trace(context: CanvasRenderingContext2D, points: readonly number[]): void {
  const [x = 0, y = 0] = points;
  context.moveTo(x, y);
  for (let at = 2; at < points.length - 2; at += 2) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = points.slice(at, at + 4);
    context.quadraticCurveTo(x1, y1, (x1 + x2) / 2, (y1 + y2) / 2);
  }
  context.lineTo(points.at(-2) ?? x, points.at(-1) ?? y);
}

interface BoxParams {
  readonly node: GraphNode;
  readonly place: PlacedNode;
  readonly scene: Scene;
}

function box(context: CanvasRenderingContext2D, { node, place, scene }: BoxParams): void {
  const { palette, view } = scene;
  const left = place.x - NODE_WIDTH / 2;
  const top = place.y - NODE_HEIGHT / 2;
  context.fillStyle = node.isGroup ? palette.sunken : palette.surface;
  context.strokeStyle = node.id === scene.chosen ? palette.focus : palette.lineStrong;
  context.lineWidth = node.id === scene.chosen ? 2.5 : 1;
  context.beginPath();
  context.roundRect(left, top, NODE_WIDTH, NODE_HEIGHT, 5);
  context.fill();
  context.stroke();
  context.fillStyle = palette[node.status];
  statusShape(context, { status: node.status, x: left + 14, y: top + 16 });
  if (view.scale >= TEXT_SCALE) {
    context.fillStyle = palette.ink;
    context.font = `${node.isGroup ? 650 : 520} 12px ${scene.font}`;
    context.textBaseline = "middle";
    const label = node.isGroup ? `${node.label} (${node.assets})` : node.label;
    context.fillText(clipped(context, label, NODE_WIDTH - 34), left + 26, top + 16);
  }
  if (view.scale >= BAR_SCALE) shareBar(context, { node, left: left + 8, top: top + NODE_HEIGHT - 13, palette });
}

/** As the status icons of the page have it: discs ended well, diamonds badly, rings wait or move. */
function statusShape(
  context: CanvasRenderingContext2D,
  at: { status: GraphNode["status"]; x: number; y: number },
): void {
  const { status, x, y } = at;
  context.beginPath();
  if (status === "failed") {
    context.moveTo(x, y - 6);
    context.lineTo(x + 6, y);
    context.lineTo(x, y + 6);
    context.lineTo(x - 6, y);
    context.fill();
    return;
  }
  context.arc(x, y, 4.5, 0, Math.PI * (status === "running" ? 1.4 : 2));
  if (status === "materialized") {
    context.fill();
    return;
  }
  context.strokeStyle = context.fillStyle;
  context.lineWidth = 1.6;
  context.setLineDash(status === "missing" ? [2.2, 2] : []);
  context.stroke();
  context.setLineDash([]);
}

function shareBar(
  context: CanvasRenderingContext2D,
  bar: { node: GraphNode; left: number; top: number; palette: Palette },
): void {
  const { node, left, top, palette } = bar;
  const width = NODE_WIDTH - 16;
  context.fillStyle = palette.line;
  context.fillRect(left, top, width, 5);
  let at = left;
  for (const word of shareOrder) {
    const part = node.shares[word] * width;
    if (part > 0 && word !== "missing") {
      context.fillStyle = palette[word];
      context.fillRect(at, top, Math.max(1.5, part), 5);
    }
    at += part;
  }
}

function clipped(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low)}…`;
}
