import type { RecordedEvent, StepProgress } from "../../../engine/operate.ts";

/** Something to watch. It lives while anybody does. */
export interface Topic {
  readonly name: string;
  /** Settles what the topic needs to know before it can note or show anything. Throws `not_found` for what is not there. */
  prepare(): Promise<void>;
  /** All of it, as it stands now or a little later. */
  snapshot(): Promise<unknown>;
  /** An empty set of changes. */
  changes(): Changes;
}

/** What has changed since some moment: only names, so that noting costs next to nothing. */
export interface Changes {
  note(event: RecordedEvent): void;
  noteProgress(progress: StepProgress): void;
  noteLog(runId: string): void;
  /** The count of an asset's stale partitions changed. */
  noteStale(asset: string): void;
  /** The engine's health has another status. */
  noteHealth(): void;
  isEmpty(): boolean;
  /** The changed things as they are now; `tooMany` where a snapshot says it better, `nothing` where none is of this topic. */
  render(): unknown;
}

export const tooMany: unique symbol = Symbol("too many changes for a patch");

export const nothing: unique symbol = Symbol("nothing of this topic changed");

export function ignore(): void {
  // What this topic does not show.
}

/** Changed runs, steps or partitions that one patch tells of. */
export const MAX_PATCH_ITEMS = 200;
/** What a snapshot shows of a list; the rest is a page away. */
export const SNAPSHOT_ITEMS = 100;
