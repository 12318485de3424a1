import { summonedObjects } from "./summoned-objects.ts";
import type { SummonedObject, SummonedObjectsParams } from "./summoned-objects.ts";

/**
 * `identifier_stats.json`: a table turned on its side, as pandas' `to_json()` writes one: column → row number → value.
 * A row is an identifier type and the path that matched; nulls make rows of their own. Without objects all columns
 * are empty (earthcube-utilities fails with a KeyError).
 */
export interface IdentifierStats {
  readonly Source: Column<string>;
  readonly Identifiertype: Column<string | null>;
  readonly Matchedpath: Column<string | null>;
  /** How many objects of the group have an id in their metadata. */
  readonly Uniqueid: Column<number>;
  /** Ids of the group's first objects, at most `MAX_EXAMPLES`. */
  readonly Example: Column<readonly (string | null)[]>;
}

export type Column<T> = Readonly<Record<string, T>>;

export const MAX_EXAMPLES = 5;

interface Group {
  readonly identifierType: string | null;
  readonly matchedPath: string | null;
  count: number;
  readonly examples: (string | null)[];
}

export async function identifierStats(params: SummonedObjectsParams): Promise<IdentifierStats> {
  const groups = new Map<string, Group>();
  for await (const object of summonedObjects(params)) {
    const group = groupOf(groups, object);
    if (object.uniqueId !== null) group.count += 1;
    if (group.examples.length < MAX_EXAMPLES) group.examples.push(object.uniqueId);
  }
  const rows = [...groups.values()].toSorted(
    (a, b) => nullsLast(a.identifierType, b.identifierType) || nullsLast(a.matchedPath, b.matchedPath),
  );
  const column = <T>(value: (group: Group) => T): Column<T> =>
    Object.fromEntries(rows.map((row, index) => [String(index), value(row)]));
  return {
    Source: column(() => params.source),
    Identifiertype: column(({ identifierType }) => identifierType),
    Matchedpath: column(({ matchedPath }) => matchedPath),
    Uniqueid: column(({ count }) => count),
    Example: column(({ examples }) => examples),
  };
}

function groupOf(groups: Map<string, Group>, { identifierType, matchedPath }: SummonedObject): Group {
  const key = JSON.stringify([identifierType, matchedPath]);
  const group = groups.get(key) ?? { identifierType, matchedPath, count: 0, examples: [] };
  groups.set(key, group);
  return group;
}

function nullsLast(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}
