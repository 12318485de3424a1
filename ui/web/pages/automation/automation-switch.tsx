import { useState } from "react";
import type { ScheduleView, SensorView } from "../../../../engine/operate.ts";
import { useConsole, useRefusal } from "../../app/console.tsx";
import { Switch } from "../../design/field.tsx";
import { kindOf } from "./trigger-text.ts";

/** Turns it on or off; what the engine says afterwards is what is shown. */
export function AutomationSwitch({ item }: { readonly item: SensorView | ScheduleView }) {
  const { api, toasts } = useConsole();
  const refusal = useRefusal("operator");
  const [wanted, setWanted] = useState<boolean | null>(null);
  return (
    <Switch
      label={item.name}
      isOn={wanted ?? item.enabled}
      refusal={refusal}
      onChange={(isOn) => {
        setWanted(isOn);
        api
          .post(`/${kindOf(item)}s/${encodeURIComponent(item.name)}/${isOn ? "start" : "stop"}`)
          .catch((error: unknown) =>
            toasts.show({ tone: "bad", text: error instanceof Error ? error.message : String(error) }),
          )
          .finally(() => setWanted(null));
      }}
    />
  );
}
