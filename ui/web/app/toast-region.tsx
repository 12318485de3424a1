import { IconButton } from "../design/button.tsx";
import { Link } from "../design/link.tsx";
import { StatusIcon } from "../design/status.tsx";
import { useConsole, useStore } from "./console.tsx";
import classes from "./toast-region.module.css";

const icons = { good: "succeeded", bad: "failed", plain: "queued" } as const;

/** News at the corner; read aloud without taking the focus. */
export function ToastRegion() {
  const { toasts } = useConsole();
  const shown = useStore(toasts);
  return (
    <div className={classes["region"]} role="region" aria-label="News" aria-live="polite">
      {shown.map(({ id, tone, text, link }) => (
        <div key={id} className={classes["toast"]}>
          <StatusIcon word={icons[tone]} />
          <span className={classes["text"]}>
            {text} {link !== null && <Link to={link.route}>{link.label}</Link>}
          </span>
          <IconButton icon="close" label="Dismiss" onClick={() => toasts.dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
