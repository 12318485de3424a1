import { lazy, Suspense } from "react";
import { useMaterializeTarget } from "./use-materialize.ts";

const MaterializeDialog = lazy(async () => ({
  default: (await import("./materialize-dialog.tsx")).MaterializeDialog,
}));

/** The dialog over whatever page, while the address says `materialize=open`. */
export function MaterializeHost() {
  const { target, close } = useMaterializeTarget();
  if (target === null) return null;
  return (
    <Suspense fallback={null}>
      <MaterializeDialog key={JSON.stringify(target)} target={target} onClose={close} />
    </Suspense>
  );
}
