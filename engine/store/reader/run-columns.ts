import type { Connection } from "../database.ts";
import type { Facet } from "./run-filters.ts";
import { type TagMembers, tagMembers } from "./tag-members.ts";

/**
 * What never changes about runs, twenty bytes a run, in blocks of ids that are read when they are first looked at. It
 * answers what no index does: which runs several filters leave where each of them alone leaves many, and which have a
 * tag that very many tag sets have. An index for each pair of filters would be written with every run.
 *
 * C1. A block is read once, and from then on only what was added since.
 * C2. Where the newest run or tag set that was read is gone, or another one has its id, all is read anew: SQLite gives
 *     the highest ids out again.
 * C3. What a search may read is bounded; where it had to stop, it is spent.
 */
export interface RunColumns {
  readonly newestId: number;
  /** `parts`: among how many searches the bound is shared. */
  begin(facets: readonly Facet[], parts?: number): ColumnSearch;
}

export interface ColumnSearch {
  /** Whether the run is there and has what the facets ask for. */
  matches(id: number): boolean;
  /** Counts rows that were read elsewhere. */
  spend(rows: number): void;
  readonly isSpent: boolean;
}

export interface ColumnBounds {
  readonly blockRuns: number;
  /** How many are kept; blocks of older runs are read for each search. */
  readonly blocks: number;
  /** Rows of the database that a search reads: 20,000 take some 20 ms. */
  readonly readRows: number;
}

/** A million runs, 20 MB. */
export const COLUMN_BOUNDS: ColumnBounds = { blockRuns: 4096, blocks: 256, readRows: 20_000 };

interface Block {
  readonly firstId: number;
  /** Runs from here on may have been added since. */
  belowId: number;
  /** 0: no job, or no such run. */
  readonly job: Int32Array;
  readonly asset_set_id: Int32Array;
  /** 0: no such run. */
  readonly tag_set_id: Int32Array;
  readonly partition_id: Int32Array;
  readonly backfill_id: Int32Array;
}

interface ColumnRow {
  readonly id: number;
  readonly job: string | null;
  readonly asset_set_id: number;
  readonly tag_set_id: number;
  readonly partition_id: number;
  readonly backfill_id: number | null;
}

export function runColumns(db: Connection, bounds: ColumnBounds = COLUMN_BOUNDS): RunColumns {
  const blocks = new Map<number, Block>();
  const jobs = new Map<string, number>([["", 0]]);
  const tags = tagMembers(db);
  const newestId = newestRun(db, () => {
    blocks.clear();
    tags.clear();
  });
  const rows = db.prepare<[number, number], ColumnRow>(
    "SELECT id, job, asset_set_id, tag_set_id, partition_id, backfill_id FROM runs WHERE id >= ? AND id < ?",
  );

  const jobNumber = (job: string): number => {
    const number = jobs.get(job) ?? jobs.size;
    jobs.set(job, number);
    return number;
  };

  /** Brings a block up to the newest run; returns how many rows that took. */
  const fill = (block: Block, newest: number): number => {
    const belowId = Math.min(block.firstId + bounds.blockRuns, newest + 1);
    if (block.belowId >= belowId) return 0;
    const found = rows.all(block.belowId, belowId);
    for (const row of found) {
      const at = row.id - block.firstId;
      block.job[at] = jobNumber(row.job ?? "");
      block.asset_set_id[at] = row.asset_set_id;
      block.tag_set_id[at] = row.tag_set_id;
      block.partition_id[at] = row.partition_id;
      block.backfill_id[at] = row.backfill_id ?? 0;
    }
    block.belowId = belowId;
    return found.length;
  };

  const blockOf = (number: number, newest: number): Block => {
    const known = blocks.get(number);
    if (known !== undefined) return known;
    const block = emptyBlock(number * bounds.blockRuns, bounds.blockRuns);
    const oldestKept = Math.floor(newest / bounds.blockRuns) - bounds.blocks + 1;
    if (number >= oldestKept) blocks.set(number, block);
    for (const old of blocks.keys()) if (old < oldestKept) blocks.delete(old);
    return block;
  };

  return {
    get newestId() {
      return newestId();
    },
    begin(facets, parts = 1) {
      const newest = newestId();
      const matchers = facets.map((facet) => matcherOf(facet, { jobNumber, tags, spend: (count) => (left -= count) }));
      let left = bounds.readRows / parts;
      let block: Block | null = null;
      return {
        matches(id) {
          if (id > newest || id < 1) return false;
          if (block === null || id < block.firstId || id >= block.firstId + bounds.blockRuns) {
            block = blockOf(Math.floor(id / bounds.blockRuns), newest);
            left -= fill(block, newest);
          }
          const at = id - block.firstId;
          if (block.tag_set_id[at] === 0) return false;
          for (const matches of matchers) if (!matches(block, at)) return false;
          return true;
        },
        spend: (count) => void (left -= count),
        get isSpent() {
          return left <= 0;
        },
      };
    },
  };
}

function emptyBlock(firstId: number, runs: number): Block {
  return {
    firstId,
    belowId: firstId,
    job: new Int32Array(runs),
    asset_set_id: new Int32Array(runs),
    tag_set_id: new Int32Array(runs),
    partition_id: new Int32Array(runs),
    backfill_id: new Int32Array(runs),
  };
}

interface MatcherParams {
  readonly jobNumber: (job: string) => number;
  readonly tags: TagMembers;
  readonly spend: (rows: number) => void;
}

function matcherOf(facet: Facet, { jobNumber, tags, spend }: MatcherParams): (block: Block, at: number) => boolean {
  if (facet.column === "tag_set_id") {
    const has = tags.of(facet.tag, spend);
    return (block, at) => has(block.tag_set_id[at] ?? 0);
  }
  const { column } = facet;
  const wanted = new Set(facet.column === "job" ? facet.values.map(jobNumber) : facet.values);
  return (block, at) => wanted.has(block[column][at] ?? 0);
}

/** The newest run's id. `onReplaced` is told where what was the newest before is not there any more (C2). */
function newestRun(db: Connection, onReplaced: () => void): () => number {
  const run = db.prepare<[], { id: number; mark: string }>(
    "SELECT id, uid AS mark FROM runs WHERE id = (SELECT max(id) FROM runs)",
  );
  const runMark = db.prepare<[number], string>("SELECT uid FROM runs WHERE id = ?").pluck();
  const tagSet = db.prepare<[], { id: number; mark: string }>(
    "SELECT id, body AS mark FROM tag_sets WHERE id = (SELECT max(id) FROM tag_sets)",
  );
  const tagSetMark = db.prepare<[number], string>("SELECT body FROM tag_sets WHERE id = ?").pluck();
  let seen = { run: run.get(), tagSet: tagSet.get() };
  return () => {
    const isSame =
      (seen.run === undefined || runMark.get(seen.run.id) === seen.run.mark) &&
      (seen.tagSet === undefined || tagSetMark.get(seen.tagSet.id) === seen.tagSet.mark);
    if (!isSame) onReplaced();
    seen = { run: run.get(), tagSet: tagSet.get() };
    return seen.run?.id ?? 0;
  };
}
