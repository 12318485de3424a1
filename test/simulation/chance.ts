import { seededRandom, type SeededRandom } from "../rigs/seeded-random.ts";

/** All randomness of a simulation: the same seed draws the same. */
export interface Chance extends SeededRandom {
  /** True in `percent` of 100. */
  percent(percent: number): boolean;
  /** A whole number of the range, both ends in it. */
  between(least: number, most: number): number;
  /** One by its weight. */
  weighted<T>(choices: readonly (readonly [weight: number, choice: T])[]): T;
  /** Each with this chance, in their order. */
  some<T>(items: readonly T[], percent: number): readonly T[];
}

export function chanceOf(seed: number): Chance {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ 0x5eaf);
  const percent = (share: number): boolean => random.below(100) < share;
  return {
    ...random,
    percent,
    between: (least, most) => least + random.below(most - least + 1),
    weighted(choices) {
      let left = random.below(choices.reduce((sum, [weight]) => sum + weight, 0));
      for (const [weight, choice] of choices) {
        if (left < weight) return choice;
        left -= weight;
      }
      throw new RangeError("nothing to choose from");
    },
    some: (items, share) => items.filter(() => percent(share)),
  };
}
