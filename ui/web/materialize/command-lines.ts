import type { MaterializeRequest } from "../../../engine/operate.ts";
import { quoted } from "../app/command-lines.ts";

/** Keys that a command line holds; more are better sent by `curl`. */
const MAX_KEYS = 50;

/** The `sheaf` command that asks for the same; null where its options cannot say it. */
export function sheafLine(request: MaterializeRequest): string | null {
  const { assets, selection, job, partitions, tags = {}, priority, runKey, keyPolicy } = request;
  const what = job === undefined ? [selection ?? (assets ?? []).join(" or ")] : ["--job", job];
  const which = partitionWords(partitions);
  if (which === null) return null;
  const words = [
    "npm run sheaf -- materialize",
    ...what.map(quoted),
    ...which,
    ...Object.entries(tags).map(([name, value]) => `--tag ${quoted(`${name}=${value}`)}`),
    ...(priority === undefined ? [] : [`--priority ${priority}`]),
    ...(runKey === undefined ? [] : [`--run-key ${quoted(runKey)}`]),
    ...(keyPolicy === undefined || keyPolicy === "once" ? [] : [`--key-policy ${keyPolicy}`]),
  ];
  return words.join(" ");
}

function partitionWords(partitions: MaterializeRequest["partitions"]): readonly string[] | null {
  if (partitions === undefined) return [];
  if (typeof partitions === "string") return [`--partitions ${partitions}`];
  if (isKeys(partitions)) {
    return partitions.length > MAX_KEYS ? null : partitions.map((key) => `--partition ${quoted(key)}`);
  }
  const pairs = Object.entries(partitions).flatMap(([name, value]) => [value].flat().map((key) => `${name}=${key}`));
  return pairs.length > MAX_KEYS ? null : pairs.map((pair) => `--where ${quoted(pair)}`);
}

function isKeys(partitions: NonNullable<MaterializeRequest["partitions"]>): partitions is readonly string[] {
  return Array.isArray(partitions);
}
