import { Menu } from "../design/menu.tsx";
import { systemModel } from "../live/models.ts";
import { useConsole, useTopic } from "./console.tsx";

/** Which project this is, and a way to the others; nothing where there is one. */
export function ProjectSwitch() {
  const { place } = useConsole();
  const system = useTopic("system", systemModel);
  const projects = system.type === "ready" ? system.data.projects : [];
  if (projects.length < 2) return null;
  const current = place.base === "" ? projects[0] : decodeURIComponent(place.base.slice("/p/".length));
  return (
    <Menu
      label={current}
      name={`Project ${current}`}
      items={projects.map((name, at) => ({
        label: name,
        isChosen: name === current,
        onChoose: () => location.assign(at === 0 ? "/" : `/p/${encodeURIComponent(name)}/`),
      }))}
    />
  );
}
