import { useCallback, useEffect } from "react";
import { useConsole, usePlace, useStore } from "../app/console.tsx";
import { type MaterializeTarget, targetOfAddress } from "./materialize-target.ts";

/** Opens the dialog for a selection, from anywhere. The back button closes it. */
export function useOpenMaterialize(): (target: MaterializeTarget) => void {
  const { materialize, navigation } = useConsole();
  return useCallback(
    (target) => {
      materialize.set(target);
      navigation.setSearch({ materialize: "open" });
    },
    [materialize, navigation],
  );
}

/** What the dialog is open for; null while it is closed. */
export function useMaterializeTarget(): { readonly target: MaterializeTarget | null; readonly close: () => void } {
  const { materialize, navigation } = useConsole();
  const asked = useStore(materialize);
  const { route, search } = usePlace();
  const isOpen = search.get("materialize") === "open";
  useEffect(() => {
    // The back button closes it too; the next one that is opened by an address alone is for that address.
    if (!isOpen) materialize.set(null);
  }, [isOpen, materialize]);
  const close = useCallback(() => {
    navigation.setSearch({ materialize: undefined }, { replace: true });
    materialize.set(null);
  }, [materialize, navigation]);
  return { target: isOpen ? (asked ?? targetOfAddress(route, search)) : null, close };
}
