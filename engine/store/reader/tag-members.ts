import type { Connection } from "../database.ts";
import type { Tag } from "./run-filters.ts";

/** Which tag sets have a tag; what was looked up is kept, as a tag set never changes. */
export interface TagMembers {
  /** `spend` is told of each row that is read. */
  of(tag: Tag, spend: (rows: number) => void): (tagSetId: number) => boolean;
  clear(): void;
}

/** A byte a tag set each. */
const KEPT_TAGS = 16;
const YES = 1;
const NO = 2;

export function tagMembers(db: Connection): TagMembers {
  const select = db
    .prepare<[number, string, string], number>(
      "SELECT 1 FROM tag_set_tags WHERE tag_set_id = ? AND key = ? AND value = ?",
    )
    .pluck();
  /** By tag, the longest unused first. */
  const kept = new Map<string, { answers: Uint8Array }>();
  return {
    of([key, value], spend) {
      const name = JSON.stringify([key, value]);
      const known = kept.get(name) ?? { answers: new Uint8Array(1024) };
      kept.delete(name);
      kept.set(name, known);
      if (kept.size > KEPT_TAGS) kept.delete(kept.keys().next().value ?? "");
      return (tagSetId) => {
        if (tagSetId >= known.answers.length) known.answers = grown(known.answers, tagSetId);
        const answer = known.answers[tagSetId];
        if (answer !== undefined && answer > 0) return answer === YES;
        spend(1);
        const isMember = select.get(tagSetId, key, value) !== undefined;
        known.answers[tagSetId] = isMember ? YES : NO;
        return isMember;
      };
    },
    clear: () => kept.clear(),
  };
}

function grown(answers: Uint8Array, index: number): Uint8Array {
  const larger = new Uint8Array(Math.max(index + 1, answers.length * 2));
  larger.set(answers);
  return larger;
}
