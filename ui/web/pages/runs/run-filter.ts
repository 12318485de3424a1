import type { RunStatus, RunView } from "../../../../engine/operate.ts";
import type { QueryValue } from "../../api/client.ts";
import { runWords } from "./run-words.ts";

/** Which runs a list shows; what is empty does not filter. */
export interface RunFilter {
  readonly status: readonly RunStatus[];
  readonly job: string;
  readonly asset: string;
  readonly partition: string;
  /** `key=value`. */
  readonly tag: string;
  readonly backfill: string;
  readonly text: string;
  /** ISO 8601, both ends within. */
  readonly after: string;
  readonly before: string;
}

export const textFilters = ["job", "asset", "partition", "tag", "backfill", "text", "after", "before"] as const;
export type TextFilter = (typeof textFilters)[number];

/** As it stands in the address; a word that is no status is left out. */
export function filterOf(search: URLSearchParams): RunFilter {
  const text = (name: TextFilter): string => search.get(name) ?? "";
  return {
    status: runWords.filter((word) => search.getAll("status").includes(word)),
    job: text("job"),
    asset: text("asset"),
    partition: text("partition"),
    tag: text("tag"),
    backfill: text("backfill"),
    text: text("text"),
    after: text("after"),
    before: text("before"),
  };
}

/** As the API takes it. */
export function queryOf(filter: RunFilter): Readonly<Record<string, QueryValue>> {
  const { status, after, before, ...texts } = filter;
  const query: Record<string, QueryValue> = {};
  for (const [name, value] of Object.entries(texts)) if (value !== "") query[name] = value;
  if (status.length > 0) query["status"] = status;
  if (after !== "") query["createdAfter"] = after;
  if (before !== "") query["createdBefore"] = before;
  return query;
}

/** Whether a run that changed belongs to the list; the server decides the same for those that it sends. */
export function matches(run: RunView, filter: RunFilter): boolean {
  const { status, job, asset, partition, tag, backfill, text, after, before } = filter;
  const [tagName, tagValue] = splitTag(tag);
  return (
    (status.length === 0 || status.includes(run.status)) &&
    (job === "" || run.job === job) &&
    (asset === "" || run.assets.includes(asset)) &&
    (partition === "" || run.partition === partition) &&
    (tag === "" || (tagValue !== undefined && run.tags[tagName] === tagValue)) &&
    (backfill === "" || run.backfillId === backfill) &&
    (text === "" || searchable(run).includes(text.toLowerCase())) &&
    (after === "" || run.createdAt >= after) &&
    (before === "" || run.createdAt <= before)
  );
}

function splitTag(tag: string): readonly [string, string?] {
  const at = tag.indexOf("=");
  return at < 0 ? [tag] : [tag.slice(0, at), tag.slice(at + 1)];
}

/** What the server searches as well: job, partition, reason, error, id. */
function searchable(run: RunView): string {
  return [run.id, run.job, run.partition, run.reason, run.error?.message].join("\n").toLowerCase();
}

export function isEmpty(filter: RunFilter): boolean {
  return Object.keys(queryOf(filter)).length === 0;
}
