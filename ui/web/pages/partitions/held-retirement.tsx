import { useState } from "react";
import type { PartitionSetView } from "../../../../engine/operate.ts";
import { useConsole, useRefusal } from "../../app/console.tsx";
import { Button } from "../../design/button.tsx";
import { counted } from "../../design/format.ts";
import { When } from "../../design/instant.tsx";
import { StatusIcon } from "../../design/status.tsx";
import classes from "./held-retirement.module.css";

export interface HeldRetirementProps {
  readonly set: string;
  readonly held: NonNullable<PartitionSetView["held"]>;
  readonly onDone: () => void;
}

const SHOWN = 40;

/** A change that would retire most of a set waits for somebody's word: this is where it is given. */
export function HeldRetirement({ set, held, onDone }: HeldRetirementProps) {
  const { api, toasts } = useConsole();
  const refusal = useRefusal("operator");
  const [isBusy, setBusy] = useState(false);
  const retire = (): void => {
    setBusy(true);
    api
      .post<{ retired: number }>(`/partitions/${encodeURIComponent(set)}/retire`, { keys: held.keys })
      .then(
        ({ retired }) => {
          toasts.show({ tone: "good", text: `${counted(retired, "key")} retired.` });
          onDone();
        },
        (error: unknown) => toasts.show({ tone: "bad", text: error instanceof Error ? error.message : String(error) }),
      )
      .finally(() => setBusy(false));
  };
  return (
    <section className={classes["held"]} aria-label="A held change">
      <StatusIcon word="paused" />
      <div>
        <strong>{counted(held.keys.length, "key")} would be retired</strong>
        <p>{held.reason}</p>
        <p className={classes["soft"]}>
          Asked for by {held.origin}, <When at={held.since} />. Nothing happens until you decide; to keep the keys, put
          the configuration right and this goes away by itself.
        </p>
        <p className={classes["keys"]}>
          {held.keys.slice(0, SHOWN).join(", ")}
          {held.keys.length > SHOWN && `, and ${held.keys.length - SHOWN} more`}
        </p>
      </div>
      <Button tone="danger" busy={isBusy} refusal={refusal} onClick={retire}>
        Retire them
      </Button>
    </section>
  );
}
