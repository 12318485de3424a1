import { canonicalJson, sha256 } from "./json.ts";

/** The data version of one input of a step. */
export interface PartitionVersion {
  readonly partitionId: number;
  readonly dataVersion: string;
}

/** One fingerprint of the versions of many input partitions, whatever order they come in. */
export function digestOfInputs(versions: Iterable<PartitionVersion>): string {
  const sorted = [...versions].sort((a, b) => a.partitionId - b.partitionId);
  return sha256(canonicalJson(sorted.map((one) => [one.partitionId, one.dataVersion])));
}
