import { type PartitionChange, runKeyPolicies, type RunRequest, type TickOutcome } from "./automation.ts";
import { EngineError } from "./errors.ts";
import { jsonText } from "./json.ts";
import { checkPartitionKey, partsOfKey } from "./partitions.ts";
import { isPriority } from "./queue-order.ts";

/** Runs that one tick may ask for; a request for many partitions is one. */
export const MAX_TICK_RUNS = 10_000;

/**
 * What a sensor's or a schedule's code returned, checked: it may be anything. Throws `bad_value`, or `invalid_request` for
 * a partition key that cannot be.
 */
export function readOutcome(returned: unknown): TickOutcome {
  const outcome = objectOf(returned, "it");
  need(typeof outcome["reason"] === "string", "its reason is no text; say why it did what it did, or nothing");
  need(isOptional(outcome["cursor"], "string"), "its cursor is no text");
  const runs = listOf(outcome["runs"], "its runs");
  need(runs.length <= MAX_TICK_RUNS, `it asks for ${runs.length} runs; at most ${MAX_TICK_RUNS}`);
  for (const [index, run] of runs.entries()) checkRun(objectOf(run, `run ${index}`), `run ${index}`);
  for (const [index, change] of listOf(outcome["partitions"], "its partitions").entries()) {
    checkChange(objectOf(change, `partition change ${index}`), `partition change ${index}`);
  }
  return returned as TickOutcome;
}

type Loose = Readonly<Record<string, unknown>>;

function checkRun(run: Loose, what: string): void {
  const { job, set, partition, partitions, priority, keyPolicy } = run as Partial<Record<keyof RunRequest, unknown>>;
  need(isTyped(job, "job"), `${what} names no job`);
  need(typeof run["reason"] === "string", `${what} has no reason`);
  need(set === undefined || isTyped(set, "partitions"), `the set of ${what} is none`);
  for (const name of ["runKey", "partition"])
    need(isOptional(run[name], "string"), `the ${name} of ${what} is no text`);
  need(partition === undefined || partitions === undefined, `${what} has both partition and partitions`);
  if (partitions !== undefined && partitions !== "all") keysOf(partitions, `the partitions of ${what}`);
  need(priority === undefined || isPriority(priority), `the priority of ${what} is none`);
  need(keyPolicy === undefined || runKeyPolicies.some((one) => one === keyPolicy), `the keyPolicy of ${what} is none`);
  const tags = Object.values(run["tags"] === undefined ? {} : objectOf(run["tags"], `the tags of ${what}`));
  need(
    tags.every((value) => typeof value === "string"),
    `a tag of ${what} is no text`,
  );
  const config = jsonText(run["config"]);
  if (!config.ok)
    throw new EngineError("bad_value", `the config of ${what} is not JSON: ${config.path} is ${config.found}`);
}

function checkChange(change: Loose, what: string): void {
  const { set } = change;
  need(isTyped(set, "partitions"), `${what} names no partition set`);
  for (const key of keysOf(change["retire"], `what ${what} retires`)) checkPartitionKey(key);
  for (const key of keysOf(change["add"], `what ${what} adds`)) {
    partsOfKey(set as PartitionChange["set"], checkPartitionKey(key));
  }
}

function keysOf(value: unknown, what: string): readonly string[] {
  const keys = Array.isArray(value) ? (value as unknown[]) : [null];
  need(
    keys.every((key) => typeof key === "string"),
    `${what} is no list of keys`,
  );
  return keys as string[];
}

function listOf(value: unknown, what: string): readonly unknown[] {
  need(value === undefined || Array.isArray(value), `${what} are no list`);
  return (value ?? []) as readonly unknown[];
}

function objectOf(value: unknown, what: string): Loose {
  need(typeof value === "object" && value !== null, `${what} is no object`);
  return value as Loose;
}

function isTyped(value: unknown, type: string): boolean {
  return typeof value === "object" && value !== null && "type" in value && value.type === type;
}

function isOptional(value: unknown, type: "string"): boolean {
  return value === undefined || typeof value === type;
}

function need(holds: boolean, otherwise: string): void {
  if (!holds) throw new EngineError("bad_value", `the evaluation returned what cannot be recorded: ${otherwise}`);
}
