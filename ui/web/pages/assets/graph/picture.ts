import { paint, type Scene } from "./paint.ts";

/** Beside the window on each side, as a share of it: how far a pan goes before all is drawn anew. */
const MARGIN = 0.5;

/**
 * Paints a graph. While it is only moved, a picture of it that reaches beyond the window is copied: thousands of lines take
 * longer than a frame.
 */
export class GraphPicture {
  #last: Scene | null = null;
  #canvas: HTMLCanvasElement | null = null;
  /** What the picture shows; null: it has to be drawn. */
  #drawn: Scene | null = null;

  paint(context: CanvasRenderingContext2D, scene: Scene): void {
    const isMoved = this.#last !== null && isAlike(this.#last, scene);
    this.#last = scene;
    if (!isMoved) this.#drawn = null;
    if (!isMoved || !this.#copy(context, scene)) paint(context, scene);
  }

  #copy(context: CanvasRenderingContext2D, scene: Scene): boolean {
    const margin = { x: Math.round(scene.width * MARGIN), y: Math.round(scene.height * MARGIN) };
    if (this.#drawn === null || !isWithin(this.#drawn, scene, margin)) this.#draw(scene, margin);
    if (this.#canvas === null || this.#drawn === null) return false;
    const { ratio, view } = scene;
    const left = Math.round((view.x - this.#drawn.view.x - margin.x) * ratio);
    const top = Math.round((view.y - this.#drawn.view.y - margin.y) * ratio);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, scene.width * ratio, scene.height * ratio);
    context.drawImage(this.#canvas, left, top);
    return true;
  }

  #draw(scene: Scene, margin: { readonly x: number; readonly y: number }): void {
    this.#canvas ??= document.createElement("canvas");
    const context = this.#canvas.getContext("2d");
    const [width, height] = [scene.width + 2 * margin.x, scene.height + 2 * margin.y];
    this.#canvas.width = width * scene.ratio;
    this.#canvas.height = height * scene.ratio;
    if (context === null) return;
    const view = { ...scene.view, x: scene.view.x + margin.x, y: scene.view.y + margin.y };
    paint(context, { ...scene, view, width, height });
    this.#drawn = scene;
  }
}

/** Whether two scenes differ in where they are looked at from alone. */
function isAlike(a: Scene, b: Scene): boolean {
  const names = ["layout", "nodes", "chosen", "lit", "palette", "font", "width", "height", "ratio"] as const;
  return a.view.scale === b.view.scale && names.every((name) => a[name] === b[name]);
}

function isWithin(drawn: Scene, { view }: Scene, margin: { readonly x: number; readonly y: number }): boolean {
  return Math.abs(view.x - drawn.view.x) <= margin.x && Math.abs(view.y - drawn.view.y) <= margin.y;
}
