import type { Asset } from "../../engine/core/assets.ts";
import {
  defineSchedule,
  defineSensor,
  type RunKeyPolicy,
  type RunRequest,
  type SensedMaterialization,
  type TickOutcome,
} from "../../engine/core/automation.ts";
import type { Definition } from "../../engine/core/catalog.ts";
import type { Job } from "../../engine/core/jobs.ts";
import type { PartitionSet } from "../../engine/core/partitions.ts";
import type { Life } from "./life.ts";
import type { World } from "./world.ts";

/** What an evaluation does beside what it returns: it may throw, or take its time. */
export type AutomationCode = <T>(life: Life, name: string, outcome: () => T) => Promise<T>;

interface AutomationsParams {
  readonly jobs: readonly Job[];
  readonly watched: readonly Asset[];
  readonly seen: PartitionSet;
  readonly cron: string;
  readonly life: Life;
  readonly code: AutomationCode;
}

/** Automations that make runs by themselves; at the end they are turned off, so that it comes. */
export const MAKING_AUTOMATIONS = ["poll", "failures", "schedule"];
export const WATCHING_SENSOR = "watch";
export const POLICIES: readonly RunKeyPolicy[] = ["once", "until-success", "always"];

export function defineAutomations(params: AutomationsParams): readonly Definition[] {
  const { jobs, watched, seen, life, code } = params;
  const request = (at: number, facts: Omit<RunRequest, "job">): RunRequest[] => {
    const job = jobs[at % jobs.length];
    return job === undefined ? [] : [{ job, ...facts }];
  };
  return [
    defineSensor({
      name: WATCHING_SENSOR,
      on: watched,
      evaluate: ({ materializations }) => code(life, WATCHING_SENSOR, () => recordSeen(seen, materializations)),
    }),
    defineSensor({
      name: "poll",
      minIntervalMs: 20_000,
      evaluate: ({ cursor }) =>
        code(life, "poll", () => {
          const count = Number(cursor ?? "0");
          const key = { runKey: `key${count % 3}`, keyPolicy: POLICIES[count % 3] };
          const runs = request(count, { ...key, partitions: "all", reason: `poll ${count}` });
          return { runs, cursor: String(count + 1), reason: "polled" };
        }),
    }),
    defineSensor({
      name: "failures",
      on: "run-failure",
      minIntervalMs: 5000,
      evaluate: ({ failedRuns }) =>
        code(life, "failures", () => ({
          runs: failedRuns.flatMap(({ seq }) =>
            request(seq, { runKey: `f${seq % 4}`, partitions: "all", reason: `failure ${seq}` }),
          ),
          reason: "runs failed",
        })),
    }),
    defineSchedule({
      name: "schedule",
      cron: params.cron,
      evaluate: ({ scheduledAt }) =>
        code(life, "schedule", () => ({
          runs: request(0, { runKey: scheduledAt.toISOString(), partitions: "all", reason: "it is time" }),
          reason: "it is time",
        })),
    }),
  ];
}

function recordSeen(seen: PartitionSet, materializations: readonly SensedMaterialization[]): TickOutcome {
  const add = materializations.map(({ seq, partition }) => `${seq} ${partition ?? ""}`);
  return { partitions: [{ set: seen, add, retire: [] }], reason: "materialized" };
}

/** Evaluations of a simulation: most answer at once, some late, some not at all. */
export function automationCode(world: World): AutomationCode {
  const { chance, time } = world;
  return async (life, name, outcome) => {
    if (!world.isCalm && chance.percent(10)) {
      await new Promise<void>((resolve) => time.after(life, chance.between(1, 90_000), resolve));
    }
    if (!world.isCalm && chance.percent(10)) throw new Error(`${name} does not feel like it`);
    return outcome();
  };
}
