import { useEffect } from "react";
import { runsModel } from "../live/models.ts";
import { useStore, useConsole, useTopic } from "./console.tsx";

/** The tab says what it shows and how things stand: what runs now, or that the connection is lost. */
export function usePageTitle(title: string): void {
  const runs = useTopic("runs", runsModel);
  const connection = useStore(useConsole().connection);
  const running = runs.type === "ready" ? runs.data.runs.filter((run) => run.status === "running").length : 0;
  useEffect(() => {
    const state = connection.type === "lost" ? "✕ " : running > 0 ? `● ${running} ` : "";
    document.title = `${state}${title} · Sheaf`;
  }, [title, running, connection.type]);
}

export type TabState = "idle" | "running" | "failed" | "lost";

const colours: Readonly<Record<TabState, string | null>> = {
  idle: null,
  running: "#2f7dd6",
  failed: "#c8372c",
  lost: "#8b8577",
};

/** The tab's icon with a dot of the state; the plain icon where all is quiet. A lost connection goes before all else. */
export function useTabIcon(shown: TabState): void {
  const connection = useStore(useConsole().connection);
  const state = connection.type === "lost" ? "lost" : shown;
  useEffect(() => {
    const icon = document.querySelector<HTMLLinkElement>("#icon");
    if (icon === null) return;
    const colour = colours[state];
    icon.href = colour === null ? "/web/icon.svg" : `data:image/svg+xml,${encodeURIComponent(dotted(colour))}`;
  }, [state]);
}

function dotted(colour: string): string {
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><g fill="none" stroke-linecap="round" stroke-width="2.4">' +
    '<path stroke="#d99a1c" d="M16 29V5M16 29C15 20 10 13 7 8M16 29c1-9 6-16 9-21M16 29C14 22 6 18 3 14M16 29c2-7 10-11 13-15"/>' +
    '<path stroke="#b4472d" stroke-width="3.4" d="M11 22h10"/></g>' +
    `<circle cx="25" cy="25" r="7" fill="${colour}"/></svg>`
  );
}
