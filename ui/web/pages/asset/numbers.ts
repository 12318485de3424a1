import type { JsonObject } from "../../../../engine/operate.ts";

/** A number of the metadata over its last materializations, oldest first. */
export interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

const MAX_SERIES = 12;

/** The numbers that at least two materializations name, in the order in which the newest names them. Newest first in. */
export function seriesOf(history: readonly JsonObject[]): readonly Series[] {
  const names = Object.entries(history[0] ?? {}).flatMap(([name, value]) => (typeof value === "number" ? [name] : []));
  return names
    .map((name) => ({
      name,
      values: history
        .flatMap((metadata) => {
          const value = metadata[name];
          return typeof value === "number" ? [value] : [];
        })
        .reverse(),
    }))
    .filter(({ values }) => values.length > 1)
    .slice(0, MAX_SERIES);
}

/** The points of a line in a box of 100 × 30, from the least value at the bottom to the greatest at the top. */
export function linePoints(values: readonly number[]): string {
  const least = Math.min(...values);
  const span = Math.max(...values) - least;
  return values
    .map((value, at) => {
      const x = values.length === 1 ? 50 : (at / (values.length - 1)) * 100;
      const y = span === 0 ? 15 : 29 - ((value - least) / span) * 28;
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(" ");
}
