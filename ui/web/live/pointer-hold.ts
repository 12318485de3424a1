/**
 * Keeps what the live topics show in its place under a pointer that presses, or is about to. A list that moves between
 * the look and the press leads to another run; one that moves between the press and its release leads nowhere.
 *
 * H1. A press holds until its release, a move over something that can be pressed for `AIM_MS`.
 * H2. Moves hold for no more than `AIM_MAX_MS` together, a press for `PRESS_MAX_MS`: a pointer that moves on and on, drags
 *     or never comes back hides no change.
 */
export interface PointerHold {
  /** The pointer moves over something that can be pressed. */
  readonly aim: () => void;
  readonly press: () => void;
  readonly release: () => void;
  readonly isHolding: () => boolean;
  /** Runs the task now, or once nothing is held any more. */
  readonly whenFree: (task: () => void) => void;
}

export interface PointerHoldParams {
  /** Milliseconds. */
  readonly now: () => number;
  readonly after: (ms: number, task: () => void) => () => void;
}

export const AIM_MS = 300;
export const AIM_MAX_MS = 1000;
export const PRESS_MAX_MS = 2000;
/** After a hold no move holds again for so long: what has waited is drawn. */
const DRAWN_MS = 100;

export function pointerHold({ now, after }: PointerHoldParams): PointerHold {
  const waiting = new Set<() => void>();
  let beganMs: number | null = null;
  let isPressed = false;
  let freeUntilMs = 0;
  let disarm: (() => void) | null = null;

  const letGo = (): void => {
    disarm?.();
    disarm = null;
    beganMs = null;
    isPressed = false;
    freeUntilMs = now() + DRAWN_MS;
    const due = [...waiting];
    waiting.clear();
    for (const task of due) task();
  };
  const holdFor = (ms: number): void => {
    beganMs ??= now();
    disarm?.();
    disarm = after(ms, letGo);
  };

  return Object.freeze({
    aim() {
      if (isPressed || now() < freeUntilMs) return;
      const leftMs = AIM_MAX_MS - (beganMs === null ? 0 : now() - beganMs);
      holdFor(Math.max(0, Math.min(AIM_MS, leftMs)));
    },
    press() {
      isPressed = true;
      holdFor(PRESS_MAX_MS);
    },
    release: letGo,
    isHolding: () => beganMs !== null,
    whenFree(task: () => void) {
      if (beganMs === null) task();
      else waiting.add(task);
    },
  });
}

/** What a press does something to. */
const PRESSABLE = "a, button, summary, label, input, select, [role=option], [role=row], [role=tab], [role=menuitem]";

/** Lets the pointer of a page hold it; a mouse tells of its moves before it presses, a finger does not. */
export function holdUnderPointer(page: Document, hold: PointerHold, after: PointerHoldParams["after"]): void {
  const options = { capture: true, passive: true };
  // The click comes after the release, in the same task.
  const release = (): void => void after(0, hold.release);
  page.addEventListener("pointerdown", hold.press, options);
  page.addEventListener("pointerup", release, options);
  page.addEventListener("pointercancel", release, options);
  page.addEventListener(
    "pointermove",
    ({ target }) => {
      if (target instanceof Element && target.closest(PRESSABLE) !== null) hold.aim();
    },
    options,
  );
}
