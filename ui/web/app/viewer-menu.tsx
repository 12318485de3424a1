import { Icon } from "../design/icons.tsx";
import { Menu } from "../design/menu.tsx";
import { useConsole, useStore } from "./console.tsx";
import classes from "./shell.module.css";
import { isZone } from "./preferences.ts";

/** Who is logged in, the zone of times, and the way out. */
export function ViewerMenu() {
  const { viewer, api, preferences, navigation, toasts } = useConsole();
  const who = useStore(viewer);
  const chosen = useStore(preferences);
  if (who === null) return null;
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = [...new Set(["local", "UTC", chosen.zone])].filter(isZone);
  return (
    <Menu
      label={<Icon name="leave" />}
      name={`${who.name}, ${who.role}`}
      items={[
        ...zones.map((zone) => ({
          label: `Times in ${zone === "local" ? `${own} (this browser)` : zone}`,
          isChosen: chosen.zone === zone,
          onChoose: () => preferences.set({ ...chosen, zone }),
        })),
        {
          label: `Log out ${who.name} (${who.role})`,
          onChoose: () => {
            api.post("/logout").then(
              () => navigation.go({ page: "login" }),
              (error: unknown) => toasts.show({ tone: "bad", text: `Not logged out: ${String(error)}` }),
            );
          },
        },
      ]}
    />
  );
}

/** Who is logged in, and as what: what a role may not do is off on all pages. */
export function Who() {
  const who = useStore(useConsole().viewer);
  if (who === null) return null;
  return (
    <span className={classes["who"]} title={`${who.name} is logged in as ${who.role}`}>
      <span>{who.name}</span> <b>{who.role}</b>
    </span>
  );
}
