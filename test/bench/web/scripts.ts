/** What runs in the page; as text, since these modules know no document. */

/** Scrolls an element by as much in each frame, back from its ends, for so many frames. */
export function scrollScript(params: {
  readonly selector: string;
  readonly x: number;
  readonly y: number;
  readonly frames: number;
}): string {
  return `new Promise((resolve) => {
    const { selector, frames, ...by } = ${JSON.stringify(params)};
    const element = document.querySelector(selector);
    let left = frames;
    const step = () => {
      if (left-- === 0) return resolve();
      const { scrollLeft, scrollTop } = element;
      element.scrollTo(scrollLeft + by.x, scrollTop + by.y);
      if (element.scrollLeft === scrollLeft) by.x = -by.x;
      if (element.scrollTop === scrollTop) by.y = -by.y;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  })`;
}

/** Turns the wheel over an element by as much in each frame, to and fro. */
export function wheelScript(params: {
  readonly selector: string;
  readonly x: number;
  readonly y: number;
  readonly frames: number;
  /** Frames until it turns back. */
  readonly turn: number;
}): string {
  return `new Promise((resolve) => {
    const { selector, x, y, frames, turn } = ${JSON.stringify(params)};
    const element = document.querySelector(selector);
    let at = 0;
    const step = () => {
      if (at === frames) return resolve();
      const way = Math.floor(at / turn) % 2 === 0 ? 1 : -1;
      const init = { deltaX: way * x, deltaY: way * y, bubbles: true, cancelable: true };
      element.dispatchEvent(new WheelEvent("wheel", init));
      at++;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  })`;
}

/** Lets the page do what it does for so long: asks for a frame at both ends alone, since each one would be drawn. */
export function idleScript(ms: number): string {
  return `new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(resolve), ${ms}));
  })`;
}

/** Keeps in \`shownAt\` when a condition became true first, in ms since the navigation. Installed before the page's own scripts. */
export function noteWhen(condition: string): string {
  return `{
    const look = () => {
      if (globalThis.shownAt === undefined && (${condition})) globalThis.shownAt = performance.now();
      else if (globalThis.shownAt === undefined) return;
      observer.disconnect();
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
  }`;
}
