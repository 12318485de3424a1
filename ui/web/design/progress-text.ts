import type { Json, JsonObject } from "../../../engine/operate.ts";
import { countText } from "./format.ts";

const MAX_FACTS = 5;
const MAX_CHARACTERS = 40;

/**
 * A step's report in a line: `found 60, stored 41, failed 2`. Reports are the code's own; numbers and short texts are
 * shown as they come, nested ones are left to the run's page.
 */
export function progressText(report: JsonObject): string {
  return Object.entries(report)
    .flatMap(([name, value]) => {
      const text = shown(value);
      return text === null ? [] : [`${words(name)} ${text}`];
    })
    .slice(0, MAX_FACTS)
    .join(", ");
}

function shown(value: Json | undefined): string | null {
  if (typeof value === "number") return countText(value);
  return typeof value === "string" && value.length > 0 && value.length <= MAX_CHARACTERS ? value : null;
}

/** `etaMs` → `eta ms`. */
function words(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}
