import { afterEnd, type Asset, type Dependencies, defineAsset, defineMultiAsset } from "../../engine/core/assets.ts";
import { type AssetCheck, defineAssetCheck } from "../../engine/core/checks.ts";
import { buildCatalog, type Catalog, type Definition } from "../../engine/core/catalog.ts";
import { defineJob, type Job } from "../../engine/core/jobs.ts";
import type { Limit } from "../../engine/core/limits.ts";
import {
  dynamicPartitions,
  encodeProductKey,
  type PartitionSet,
  productPartitions,
  staticPartitions,
} from "../../engine/core/partitions.ts";
import type { RetryPolicy } from "../../engine/core/retry.ts";
import type { RunPolicyOptions } from "../../engine/core/run-policy.ts";
import type { RunContext } from "../../engine/core/run-context.ts";
import { defineAutomations } from "./automations.ts";
import type { Chance } from "./chance.ts";
import type { Life } from "./life.ts";
import type { AutomationCode } from "./automations.ts";

/** What the assets' code does; the life is the engine that runs it. */
export type StepCode = (step: CodedStep, context: RunContext<Record<string, unknown>>, life: Life) => unknown;

export interface CodedStep {
  /** What it makes, or the key of the check that it is. */
  readonly assets: readonly string[];
  readonly isCheck: boolean;
  /** The names under which a multi-asset returns what it made; none: it is a single asset. */
  readonly outputs: readonly string[];
}

/** The code of one engine: the same draft gives the same definitions to each life, only bound to that life. */
export interface Program {
  readonly catalog: Catalog;
  readonly limits: readonly Limit[];
}

export interface ProgramDraft {
  readonly sets: readonly PartitionSet[];
  readonly steps: readonly StepDraft[];
  readonly jobs: readonly JobDraft[];
  readonly limits: readonly Limit[];
  readonly watchedStep: number;
  readonly cron: string;
}

interface StepDraft {
  readonly assets: readonly string[];
  readonly set: PartitionSet | null;
  readonly dependencies: readonly { readonly step: number; readonly afterEnd: boolean }[];
  readonly pool: string | null;
  readonly retry: RetryPolicy | null;
  readonly timeoutMs: number | null;
  /** Of its first asset. */
  readonly checks: readonly CheckDraft[];
}

interface CheckDraft {
  readonly key: string;
  readonly name: string;
  readonly blocking: boolean;
  readonly severity: "warn" | "error";
  readonly pool: string | null;
}

interface JobDraft extends RunPolicyOptions {
  readonly name: string;
  readonly steps: readonly number[];
  readonly hasChecks: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly priority: number;
}

export const POOLS = ["p1", "p2"];
export const TEAMS = ["red", "blue"];
export const PLACES = ["north", "south"];
export const NAMES = ["ann", "bob", "cy"];
/** The sensor of materializations adds a key for each that it has seen. */
export const SEEN_SET = "seen";

export function draftProgram(chance: Chance): ProgramDraft {
  const places = staticPartitions("places", PLACES, { dimension: "place" });
  const names = dynamicPartitions("names", { dimension: "name" });
  const pairs = productPartitions("pairs", { place: places, name: names });
  const steps: StepDraft[] = [];
  const count = chance.between(2, 6);
  for (let at = 0; at < count; at++) steps.push(draftStep(at, { chance, sets: [places, names, pairs] }));
  const ordinals = steps.map((_step, at) => at);
  const jobs = ["job1", "job2", "job3"].map((name) => ({
    name,
    steps: chance.percent(30) ? ordinals : [...new Set([chance.pick(ordinals), ...chance.some(ordinals, 30)])],
    hasChecks: chance.percent(80),
    tags: chance.percent(70) ? { team: chance.pick(TEAMS) } : {},
    priority: chance.between(-1, 2),
    ...(chance.percent(25) ? { timeoutMs: chance.pick([3000, 20_000]) } : {}),
    ...(chance.percent(25) ? { onFailure: "stop" as const } : {}),
    ...(chance.percent(25) ? { concurrency: chance.between(1, 2) } : {}),
  }));
  return {
    sets: [places, names, pairs],
    steps,
    jobs,
    limits: draftLimits(chance),
    watchedStep: chance.pick(ordinals),
    cron: chance.pick(["*/10 * * * *", "0 * * * *", "30 4 * * *"]),
  };
}

function draftStep(at: number, { chance, sets }: { chance: Chance; sets: readonly PartitionSet[] }): StepDraft {
  const dependencies: { step: number; afterEnd: boolean }[] = [];
  for (let step = 0; step < at; step++) {
    if (chance.percent(40)) dependencies.push({ step, afterEnd: chance.percent(20) });
  }
  const [asset, ...others] = chance.percent(20) ? ([`a${at}/x`, `a${at}/y`] as const) : ([`a${at}`] as const);
  return {
    assets: [asset, ...others],
    set: chance.percent(25) ? null : chance.pick(sets),
    dependencies,
    pool: chance.percent(40) ? chance.pick(POOLS) : null,
    retry: chance.percent(60)
      ? {
          attempts: chance.between(2, 3),
          backoff: chance.pick(["fixed", "exponential"] as const),
          delayMs: chance.pick([0, 100, 3000]),
        }
      : null,
    timeoutMs: chance.percent(30) ? chance.pick([400, 5000]) : null,
    checks: draftChecks(asset, chance),
  };
}

function draftChecks(asset: string, chance: Chance): readonly CheckDraft[] {
  if (chance.percent(60)) return [];
  return ["c1", "c2"].slice(0, chance.between(1, 2)).map((name) => ({
    key: `${asset}:${name}`,
    name,
    blocking: chance.percent(50),
    severity: chance.pick(["warn", "error"] as const),
    pool: chance.percent(30) ? chance.pick(POOLS) : null,
  }));
}

function draftLimits(chance: Chance): readonly Limit[] {
  const limits: Limit[] = [];
  if (chance.percent(60)) limits.push({ kind: "runs", maximum: chance.between(1, 5) });
  if (chance.percent(40)) limits.push({ kind: "tag_value", key: chance.pick(["team", "name"]), maximum: 1 });
  if (chance.percent(30)) limits.push({ kind: "tag", key: "team", value: chance.pick(TEAMS), maximum: 1 });
  for (const key of POOLS) {
    if (chance.percent(70)) limits.push({ kind: "pool", key, maximum: chance.between(1, 2) });
  }
  return limits;
}

export interface BindParams {
  readonly life: Life;
  readonly code: StepCode;
  readonly automations: AutomationCode;
}

export function bindProgram(draft: ProgramDraft, params: BindParams): Program {
  const assetsOfStep: (readonly Asset[])[] = [];
  for (const step of draft.steps) assetsOfStep.push(bindStep(step, { above: assetsOfStep, ...params }));
  const jobs = draft.jobs.map((job): Job => {
    const { steps, hasChecks, ...options } = job;
    const assets = steps.flatMap((step) => assetsOfStep[step] ?? []);
    return defineJob({ ...options, assets, ...(hasChecks ? {} : { checks: [] }) });
  });
  const seen = dynamicPartitions(SEEN_SET);
  const watched = assetsOfStep[draft.watchedStep]?.slice(0, 1) ?? [];
  const definitions: readonly Definition[] = [
    ...draft.sets,
    seen,
    ...assetsOfStep.flat(),
    ...draft.steps.flatMap((step, at) => bindChecks(step, { asset: assetsOfStep[at]?.[0], ...params })),
    ...jobs,
    ...defineAutomations({ jobs, watched, seen, cron: draft.cron, code: params.automations, life: params.life }),
  ];
  const catalog = buildCatalog(definitions.map((definition) => ({ definition, location: "simulation" })));
  return { catalog, limits: draft.limits };
}

function bindStep(
  step: StepDraft,
  { above, life, code }: BindParams & { readonly above: readonly (readonly Asset[])[] },
): readonly Asset[] {
  const deps: Record<string, Dependencies[string]> = {};
  for (const dependency of step.dependencies) {
    const asset = above[dependency.step]?.[0];
    if (asset !== undefined) deps[`d${dependency.step}`] = dependency.afterEnd ? afterEnd(asset) : asset;
  }
  const outputs = step.assets.length > 1 ? step.assets.map((_key, at) => `out${at}`) : [];
  const coded: CodedStep = { assets: step.assets, isCheck: false, outputs };
  const run = (context: RunContext): never => code(coded, context, life) as never;
  const options = {
    deps,
    partitions: step.set,
    ...(step.pool === null ? {} : { pool: step.pool }),
    ...(step.retry === null ? {} : { retry: step.retry }),
    ...(step.timeoutMs === null ? {} : { timeoutMs: step.timeoutMs }),
  };
  if (outputs.length === 0) return [defineAsset({ key: step.assets[0] ?? "", ...options, run })];
  const assets = Object.fromEntries(outputs.map((name, at) => [name, { key: step.assets[at] ?? "" }]));
  return Object.values(defineMultiAsset({ assets, ...options, run }));
}

function bindChecks(
  { checks }: StepDraft,
  { asset, life, code }: BindParams & { readonly asset: Asset | undefined },
): readonly AssetCheck[] {
  if (asset === undefined) return [];
  return checks.map(({ key, pool, ...options }) => {
    const coded: CodedStep = { assets: [key], isCheck: true, outputs: [] };
    const run = (context: RunContext): never => code(coded, context, life) as never;
    return defineAssetCheck({ ...options, asset, ...(pool === null ? {} : { pool }), run });
  });
}

/** A key of the set that may be there or not. */
export function drawKey(set: PartitionSet, chance: Chance): string {
  if (set.kind === "static") return chance.pick(PLACES);
  if (set.kind === "dynamic") return chance.pick(NAMES);
  return encodeProductKey([chance.pick(PLACES), chance.pick(NAMES)]);
}
