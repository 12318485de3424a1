import { type ReactNode, useEffect, useId, useRef } from "react";
import { IconButton } from "./button.tsx";
import classes from "./dialog.module.css";

export interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  /** Buttons, the one that confirms last. */
  readonly actions?: ReactNode;
  readonly size?: "small" | "medium" | "large";
  readonly children: ReactNode;
}

/** The browser's own modal: it keeps the focus within, closes on Escape, and gives the focus back. */
export function Dialog({ title, onClose, actions, size = "medium", children }: DialogProps) {
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
        <div className={classes["body"]}>{children}</div>
        {actions !== undefined && <footer className={classes["foot"]}>{actions}</footer>}
      </div>
    </dialog>
  );
}
