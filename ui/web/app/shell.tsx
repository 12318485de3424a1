import { type ReactNode, useEffect, useRef, useState } from "react";
import { Button, IconButton } from "../design/button.tsx";
import { Kbd } from "../design/chip.tsx";
import { relativeText } from "../design/format.ts";
import { Icon, type IconName } from "../design/icons.tsx";
import { Link } from "../design/link.tsx";
import { Menu } from "../design/menu.tsx";
import { StatusIcon } from "../design/status.tsx";
import { systemModel } from "../live/models.ts";
import { CommandPalette } from "./command-palette.tsx";
import { useConsole, useNow, usePlace, useStore, useTopic } from "./console.tsx";
import { ProjectSwitch } from "./project-switch.tsx";
import { EndWatch } from "./end-watch.tsx";
import type { Route } from "./routes.ts";
import classes from "./shell.module.css";
import { ShortcutSheet } from "./shortcut-sheet.tsx";
import { useShortcuts } from "./shortcuts.ts";
import { ToastRegion } from "./toast-region.tsx";
import { ViewerMenu, Who } from "./viewer-menu.tsx";

interface Section {
  readonly route: Route;
  readonly label: string;
  readonly icon: IconName;
  /** Typed after `g`. */
  readonly key: string;
  readonly pages: readonly Route["page"][];
}

export const sections: readonly Section[] = [
  { route: { page: "overview" }, label: "Overview", icon: "overview", key: "o", pages: ["overview"] },
  { route: { page: "assets" }, label: "Assets", icon: "assets", key: "a", pages: ["assets", "asset"] },
  { route: { page: "runs" }, label: "Runs", icon: "runs", key: "r", pages: ["runs", "run"] },
  { route: { page: "backfills" }, label: "Backfills", icon: "backfills", key: "b", pages: ["backfills", "backfill"] },
  {
    route: { page: "partitions" },
    label: "Partitions",
    icon: "partitions",
    key: "p",
    pages: ["partitions", "partitionSet"],
  },
  {
    route: { page: "automation" },
    label: "Automation",
    icon: "automation",
    key: "u",
    pages: ["automation", "automationItem"],
  },
  { route: { page: "health" }, label: "Health", icon: "health", key: "h", pages: ["health"] },
];

/** What stands around every page: where one can go, who one is, and whether what is shown is current. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const [open, setOpen] = useState<"palette" | "shortcuts" | null>(null);
  const { navigation } = useConsole();
  const main = useRef<HTMLElement>(null);
  const place = usePlace();
  const path = place.route === null ? "" : JSON.stringify(place.route);
  const isFirst = useRef(true);
  useEffect(() => {
    // A reader of screens hears of the new page; the first page is read anyway.
    if (isFirst.current) isFirst.current = false;
    else main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [path]);
  useShortcuts({
    "mod+k": () => setOpen("palette"),
    "/": () => setOpen("palette"),
    "?": () => setOpen("shortcuts"),
    ...Object.fromEntries(sections.map(({ key, route }) => [`g ${key}`, () => navigation.go(route)])),
  });
  return (
    <div className={classes["shell"]}>
      <a className={classes["skip"]} href="#main">
        Skip to the page
      </a>
      <Sidebar onSearch={() => setOpen("palette")} onShortcuts={() => setOpen("shortcuts")} />
      <div className={classes["column"]}>
        <Banners />
        <main id="main" ref={main} tabIndex={-1} className={classes["main"]}>
          {children}
        </main>
      </div>
      <ToastRegion />
      <EndWatch />
      {open === "palette" && <CommandPalette onClose={() => setOpen(null)} />}
      {open === "shortcuts" && <ShortcutSheet onClose={() => setOpen(null)} />}
    </div>
  );
}

function Sidebar(props: { readonly onSearch: () => void; readonly onShortcuts: () => void }) {
  const { route } = usePlace();
  // On a phone the menu is open only where it was opened: going somewhere closes it.
  const [openAt, setOpenAt] = useState<Route | null>(null);
  const isOpen = openAt !== null && openAt === route;
  return (
    <header className={classes["sidebar"]} data-open={isOpen}>
      <div className={classes["brand"]}>
        <Link to={{ page: "overview" }} className={classes["logo"]}>
          <img src="/web/icon.svg" alt="" width="22" height="22" />
          <span>Sheaf</span>
        </Link>
        <ProjectSwitch />
        <span className={classes["narrowOnly"]}>
          <IconButton icon="search" label="Search" onClick={props.onSearch} />
          <IconButton
            icon="menu"
            label="Menu"
            aria-expanded={isOpen}
            onClick={() => setOpenAt(isOpen ? null : route)}
          />
        </span>
      </div>
      <div className={classes["folding"]}>
        <button type="button" className={classes["search"]} onClick={props.onSearch}>
          <Icon name="search" />
          <span>Go to…</span>
          <Kbd keys="/" />
        </button>
        <nav aria-label="Console">
          <ul>
            {sections.map(({ route: to, label, icon, pages }) => (
              <li key={label}>
                <Link
                  to={to}
                  className={classes["item"]}
                  aria-current={route !== null && pages.includes(route.page) ? "page" : undefined}
                >
                  <Icon name={icon} />
                  {label}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className={classes["bottom"]}>
          <Who />
          <ConnectionMark />
          <IconButton icon="keyboard" label="Keyboard shortcuts" onClick={props.onShortcuts} />
          <ThemeMenu />
          <ViewerMenu />
        </div>
      </div>
    </header>
  );
}

function ConnectionMark() {
  const state = useStore(useConsole().connection);
  const words = { connecting: "Connecting", live: "Live", lost: "Not connected" } as const;
  const icons = { connecting: "starting", live: "live", lost: "failed" } as const;
  return (
    <span
      className={classes["connection"]}
      role="status"
      data-connection={state.type}
      title="Whether this page is current"
    >
      <StatusIcon word={icons[state.type]} />
      {words[state.type]}
    </span>
  );
}

function ThemeMenu() {
  const { preferences } = useConsole();
  const chosen = useStore(preferences);
  const labels = { system: "As the system", light: "Light", dark: "Dark" } as const;
  return (
    <Menu
      label={<Icon name="sun" />}
      name="Theme"
      items={(["system", "light", "dark"] as const).map((theme) => ({
        label: labels[theme],
        isChosen: chosen.theme === theme,
        onChoose: () => preferences.set({ ...chosen, theme }),
      }))}
    />
  );
}

/** What is wrong with the whole: said above every page. */
function Banners() {
  return (
    <>
      <LostBanner />
      <EngineBanner />
    </>
  );
}

function LostBanner() {
  const { connection, reconnect } = useConsole();
  const state = useStore(connection);
  const now = useNow();
  if (state.type !== "lost") return null;
  const waitS = Math.max(0, Math.ceil((state.retryAtMs - now) / 1000));
  return (
    <div className={`${classes["banner"]} ${classes["bad"]}`} role="alert">
      <StatusIcon word="failed" />
      <p>
        <strong>Sheaf does not answer.</strong> What you see is from {relativeText(state.sinceMs, now)}. This page
        catches up by itself once it is back{waitS > 0 ? `; next try in ${waitS} s` : ""}.
      </p>
      <Button onClick={reconnect}>Try now</Button>
    </div>
  );
}

function EngineBanner() {
  const system = useTopic("system", systemModel);
  if (system.type !== "ready") return null;
  const { status, error } = system.data.health;
  if (status === "ok") return null;
  const { title, text } = banners[status];
  return (
    <div className={`${classes["banner"]} ${status === "stopping" ? classes["waiting"] : classes["bad"]}`} role="alert">
      <StatusIcon word={status === "stopping" ? "canceling" : "failed"} />
      <p>
        <strong>{title}</strong> {text} {status !== "stopping" && error?.message}
      </p>
      <Link to={{ page: "health" }}>Health</Link>
    </div>
  );
}

const banners = {
  suspended: {
    title: "Sheaf takes no new work for now.",
    text: "What runs is kept until the disk is well; then it goes on by itself.",
  },
  stopping: {
    title: "Sheaf is stopping.",
    text: "What runs has a few seconds to end; the rest goes on after the next start.",
  },
  failed: { title: "Sheaf takes no new work.", text: "" },
} as const;
