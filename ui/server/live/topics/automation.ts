import type { Engine } from "../../../../engine/operate.ts";
import { ignore, type Topic } from "../topic.ts";

/** `automation`: sensors and schedules with their last ticks; then those that ticked or were turned on or off. */
export function automationTopic(engine: Engine): Topic {
  const read = (names: ReadonlySet<string> | null) => {
    const isShown = ({ name }: { name: string }): boolean => names === null || names.has(name);
    return {
      sensors: engine.queries.sensors().filter(isShown),
      schedules: engine.queries.schedules().filter(isShown),
    };
  };
  return {
    name: "automation",
    prepare: async () => {},
    snapshot: async () => read(null),
    changes() {
      const names = new Set<string>();
      return {
        note(event) {
          if (event.type === "tick.started" || event.type === "tick.ended" || event.type === "automation.changed") {
            names.add(event.data.automation);
          }
        },
        noteProgress: ignore,
        noteLog: ignore,
        noteStale: ignore,
        noteHealth: ignore,
        isEmpty: () => names.size === 0,
        render: () => read(names),
      };
    },
  };
}
