import type { CellWord } from "./matrix-data.ts";

/** As it is said of a partition; a pair that does not exist is none. */
export function wordText(word: CellWord | null): string {
  return word ?? "not a pair of the set";
}
