/** Pieces of a drawing, drawn once and then copied each frame. The ones that were not used for longest go first. */
export class TileCache {
  readonly #tiles = new Map<string, HTMLCanvasElement>();
  readonly #spare: HTMLCanvasElement[] = [];

  clear(): void {
    this.#spare.push(...this.#tiles.values());
    this.#tiles.clear();
  }

  drop(key: string): void {
    const tile = this.#tiles.get(key);
    if (tile === undefined) return;
    this.#tiles.delete(key);
    this.#spare.push(tile);
  }

  /** `width` and `height` in device pixels; `draw` gets an empty tile. */
  get(
    key: string,
    { width, height, draw }: { width: number; height: number; draw: (context: CanvasRenderingContext2D) => void },
  ): HTMLCanvasElement {
    const known = this.#tiles.get(key);
    if (known !== undefined) {
      this.#tiles.delete(key);
      this.#tiles.set(key, known);
      return known;
    }
    const tile = this.#spare.pop() ?? document.createElement("canvas");
    const context = tile.getContext("2d");
    if (tile.width === width && tile.height === height) {
      // Cheaper than a new surface, which setting the size would make.
      context?.resetTransform();
      context?.clearRect(0, 0, width, height);
    } else {
      tile.width = width;
      tile.height = height;
    }
    if (context !== null) draw(context);
    this.#tiles.set(key, tile);
    return tile;
  }

  /** Keeps the newest ones. */
  trim(count: number): void {
    for (const key of this.#tiles.keys()) {
      if (this.#tiles.size <= count) break;
      this.drop(key);
    }
    this.#spare.length = Math.min(this.#spare.length, count);
  }
}
