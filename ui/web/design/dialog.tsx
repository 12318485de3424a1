import { type ReactNode, useEffect, useId, useRef } from "react";
import { IconButton } from "./button.tsx";
import classes from "./dialog.module.css";

export interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  /** Buttons, the one that confirms last. */
  readonly actions?: ReactNode;
  readonly size?: "small" | "medium" | "large";
  /** Some of what it asks for is not there yet. */
  readonly isLoading?: boolean;
  readonly children: ReactNode;
}

/** What is filled in or chosen first. The browser itself would take the button that closes. */
const CONTROLS =
  ":is(input:not([type=radio]:not(:checked)), textarea, select, button, a[href], summary):not(:disabled)";

/** The browser's own modal: it keeps the focus within, closes on Escape, and gives the focus back. */
export function Dialog({ title, onClose, actions, size = "medium", isLoading = false, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog === null) return undefined;
    const before = document.activeElement;
    if (!dialog.open) dialog.showModal();
    return () => {
      dialog.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const placed = useRef<HTMLElement | null>(null);
  useEffect(() => {
    // What is to be filled in first may come late; whoever went on by then is not called back.
    if (ref.current === null || (placed.current !== null && document.activeElement !== placed.current)) return;
    placed.current = firstControl(ref.current);
    placed.current?.focus();
  }, [isLoading]);
  return (
    <dialog
      ref={ref}
      className={`${classes["dialog"]} ${classes[size]}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
      <div className={classes["frame"]}>
        <header className={classes["head"]}>
          <h2 id={id}>{title}</h2>
          <IconButton icon="close" label="Close" onClick={onClose} />
        </header>
        <div data-part="body" className={classes["body"]}>
          {children}
        </div>
        {actions !== undefined && (
          <footer data-part="foot" className={classes["foot"]}>
            {actions}
          </footer>
        )}
      </div>
    </dialog>
  );
}

function firstControl(dialog: HTMLElement): HTMLElement | null {
  const within = (part: string) => dialog.querySelector<HTMLElement>(`[data-part=${part}] ${CONTROLS}`);
  return within("body") ?? within("foot");
}
