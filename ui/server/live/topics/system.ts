import type { Engine } from "../../../../engine/operate.ts";
import type { SystemInfo } from "../../server-options.ts";
import { ignore, type Topic } from "../topic.ts";

/** `system`: health, code locations, problems; then the health again whenever runs go on. */
export function systemTopic(engine: Engine, system: SystemInfo): Topic {
  const facts = () => ({
    health: engine.health(),
    version: system.version,
    projects: system.projects,
    locations: system.locations(engine.project),
    problems: system.problems(engine.project),
  });
  return {
    name: "system",
    prepare: async () => {},
    snapshot: async () => facts(),
    changes() {
      let isChanged = false;
      return {
        note(event) {
          isChanged ||=
            event.type.startsWith("run.") || event.type.startsWith("engine.") || event.type === "limits.changed";
        },
        noteProgress: ignore,
        noteLog: ignore,
        noteStale: ignore,
        noteHealth: () => void (isChanged = true),
        isEmpty: () => !isChanged,
        render: facts,
      };
    },
  };
}
