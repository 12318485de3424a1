import type { Asset } from "./assets.ts";
import type { AssetCheck } from "./checks.ts";
import { EngineError } from "./errors.ts";
import { checkName } from "./names.ts";
import type { PartitionSet } from "./partitions.ts";
import { checkPriority } from "./queue-order.ts";
import { runPolicy, type RunPolicy, type RunPolicyOptions } from "./run-policy.ts";

/** A named selection of assets that are materialized together, and checked. */
export interface Job extends RunPolicy {
  readonly type: "job";
  readonly name: string;
  readonly description: string;
  readonly assets: readonly Asset[];
  /** Null: the checks of its assets. */
  readonly checks: readonly AssetCheck[] | null;
  /** The set by whose keys it is asked for, one run a key. Default: the set of its first partitioned asset. */
  readonly partitions: PartitionSet | null;
  readonly tags: Readonly<Record<string, string>>;
  /** Higher goes first; waiting makes up for it (`queue-order.ts`). Default 0. */
  readonly priority: number;
}

interface JobOptions extends RunPolicyOptions {
  readonly name: string;
  readonly description?: string;
  readonly assets: readonly Asset[];
  /** Default: all checks of its assets. */
  readonly checks?: readonly AssetCheck[];
  readonly partitions?: PartitionSet;
  readonly tags?: Readonly<Record<string, string>>;
  readonly priority?: number;
}

export function defineJob(options: JobOptions): Job {
  checkName("job", options.name);
  const checks = options.checks ?? null;
  const sources = [...options.assets, ...(checks ?? []).map((check) => check.asset)];
  if (sources.length === 0) throw new EngineError("definition", `job "${options.name}" selects no asset`);
  return Object.freeze({
    type: "job",
    name: options.name,
    description: options.description ?? "",
    assets: Object.freeze([...options.assets]),
    checks: checks === null ? null : Object.freeze([...checks]),
    partitions: options.partitions ?? sources.find((asset) => asset.partitions !== null)?.partitions ?? null,
    tags: Object.freeze({ ...options.tags }),
    priority: checkPriority(options.priority ?? 0),
    ...runPolicy(`job "${options.name}"`, options),
  });
}
