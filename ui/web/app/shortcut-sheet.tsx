import { Kbd } from "../design/chip.tsx";
import { Dialog } from "../design/dialog.tsx";
import classes from "./shortcut-sheet.module.css";

const groups: readonly { readonly title: string; readonly keys: readonly (readonly [string, string])[] }[] = [
  {
    title: "Anywhere",
    keys: [
      ["⌘ K or Ctrl K or /", "Go to an asset, a partition, a run, or do something"],
      ["?", "This sheet"],
      ["Esc", "Close what is open"],
    ],
  },
  {
    title: "Go to",
    keys: [
      ["g o", "Overview"],
      ["g a", "Assets"],
      ["g r", "Runs"],
      ["g b", "Backfills"],
      ["g p", "Partitions"],
      ["g u", "Automation"],
      ["g h", "Health"],
    ],
  },
  {
    title: "In lists, grids and graphs",
    keys: [
      ["↑ ↓ ← →", "Move"],
      ["Space", "Select or leave out"],
      ["Shift with arrows", "Select a range"],
      ["Enter", "Open"],
      ["m", "Materialize what is selected"],
    ],
  },
  {
    title: "In a run's log",
    keys: [
      ["n · N", "Next and previous error"],
      ["f", "Follow, or stop following"],
    ],
  },
];

export function ShortcutSheet({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <div className={classes["groups"]}>
        {groups.map(({ title, keys }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([key, does]) => (
                <div key={key}>
                  <dt>
                    <Kbd keys={key} />
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
