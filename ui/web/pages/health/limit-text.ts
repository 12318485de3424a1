import type { LimitView } from "../../../../engine/operate.ts";

/** What a limit bounds, in words. */
export function limitName({ kind, key, value }: Pick<LimitView, "kind" | "key" | "value">): string {
  switch (kind) {
    case "runs":
      return "all runs";
    case "tag":
      return `runs with ${key}=${value}`;
    case "tag_value":
      return `runs of each ${key}`;
    case "pool":
      return `steps of pool ${key}`;
  }
}

/** A whole number from 0; null where the text is none. */
export function parseMaximum(text: string): number | null {
  return /^\d{1,6}$/.test(text.trim()) ? Number(text) : null;
}
