import type { Route } from "./routes.ts";
import { store, type Store } from "./store.ts";

export interface Toast {
  readonly id: number;
  readonly tone: "good" | "bad" | "plain";
  readonly text: string;
  readonly link: { readonly route: Route; readonly label: string } | null;
}

/** Short news of what happened elsewhere. They go by themselves, unless something went wrong. */
export interface Toasts extends Pick<Store<readonly Toast[]>, "current" | "subscribe"> {
  show(toast: Omit<Toast, "id" | "link"> & { readonly link?: Toast["link"] }): void;
  dismiss(id: number): void;
}

export const TOAST_MS = 8000;
const MAX_TOASTS = 4;

export function toasts(after: (ms: number, task: () => void) => () => void): Toasts {
  const shown = store<readonly Toast[]>([]);
  let lastId = 0;
  const dismiss = (id: number): void => shown.set(shown.current().filter((toast) => toast.id !== id));
  return Object.freeze({
    current: shown.current,
    subscribe: shown.subscribe,
    dismiss,
    show({ link = null, ...toast }: Omit<Toast, "id" | "link"> & { readonly link?: Toast["link"] }) {
      const id = ++lastId;
      shown.set([...shown.current(), { ...toast, link, id }].slice(-MAX_TOASTS));
      if (toast.tone !== "bad") after(TOAST_MS, () => dismiss(id));
    },
  });
}
