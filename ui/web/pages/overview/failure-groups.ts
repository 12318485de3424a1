import type { AssetView, FailureView } from "../../../../engine/operate.ts";

/** The same failure of one or several partitions of an asset. */
export interface FailureGroup {
  readonly id: string;
  readonly newest: FailureView;
  /** Newest first. */
  readonly failures: readonly FailureView[];
}

/** One item for what has one cause: an asset and a message, whatever numbers and names the message holds. Newest first. */
export function groupFailures(failures: readonly FailureView[]): readonly FailureGroup[] {
  const groups = new Map<string, FailureView[]>();
  for (const failure of failures) {
    const id = `${failure.asset} ${failure.error.code} ${causeOf(failure)}`;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [failure]);
    else group.push(failure);
  }
  return [...groups].map(([id, [newest, ...others]]) => {
    if (newest === undefined) throw new Error("a group has a failure");
    return { id, newest, failures: [newest, ...others] };
  });
}

/** The message without what differs from partition to partition: its key, addresses, numbers. */
function causeOf({ error, partition }: FailureView): string {
  const parts = partition === null ? [] : [partition, ...partition.split("|")];
  const plain = parts.reduce((text, part) => (part.length < 2 ? text : text.replaceAll(part, "…")), error.message);
  return plain.replace(/\bhttps?:\/\/\S+/g, "…").replace(/\d+/g, "0");
}

/** The list of failures is bounded: how many of each asset's partitions are not on it. */
export function failuresNotShown(
  assets: readonly Pick<AssetView, "key" | "partitions">[],
  shown: readonly FailureView[],
): readonly { readonly asset: string; readonly count: number; readonly isAll: boolean }[] {
  return assets.flatMap(({ key, partitions }) => {
    const listed = shown.filter(({ asset }) => asset === key).length;
    const count = (partitions?.failed ?? 0) - listed;
    return count > 0 ? [{ asset: key, count, isAll: listed === 0 }] : [];
  });
}
