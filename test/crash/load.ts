import { appendFileSync } from "node:fs";
import { systemClock } from "../../engine/adapters/system-clock.ts";
import {
  defineAsset,
  defineJob,
  defineMultiAsset,
  defineResource,
  defineSensor,
  dynamicPartitions,
  type RunContext,
  staticPartitions,
} from "../../engine/index.ts";

/**
 * What an engine does while it is killed: a chain and a fan-out over partitions, retries, a pool, values in files, steps in
 * workers, containers, a sensor with run keys, and a container that is canceled. Each step leaves a line in a file.
 */
export const KEYS = 40;
export const ALWAYS_FAILS = "k5";
const RUN_MS = 120;
const LONG_MS = 3_600_000;

const clock = systemClock();
const effects = defineResource({
  key: "effects",
  open: ({ settings }) => {
    const file = settings["SHEAF_TEST_EFFECTS"] ?? "";
    return (line: string) => appendFileSync(file, `${line}\n`);
  },
});
const resources = { effects };
type Leaving = Pick<RunContext, "run" | "attempt"> & {
  readonly partition: { readonly key: string };
  readonly resources: { readonly effects: (line: string) => void };
};

function leave(asset: string, { resources: bound, run, partition, attempt }: Leaving): void {
  bound.effects(`${asset} ${run.id} ${partition.key} ${attempt}`);
}

const keys = staticPartitions(
  "keys",
  Array.from({ length: KEYS }, (_, index) => `k${index}`),
);
export const seen = dynamicPartitions("seen");

export const page = defineAsset({
  key: "page",
  partitions: keys,
  pool: "crawl",
  resources,
  async run(context) {
    leave("page", context);
    context.log.info("begun");
    const { key } = context.partition;
    await clock.sleep(Number(key.slice(1)) % 7, context.signal);
    return key.endsWith("3") ? key.repeat(30_000) : key;
  },
});

export const flaky = defineAsset({
  key: "flaky",
  partitions: keys,
  deps: { page },
  retry: { attempts: 2, delayMs: 5 },
  resources,
  run(context) {
    leave("flaky", context);
    const { partition, attempt, inputs } = context;
    if (partition.key === ALWAYS_FAILS) throw new Error("always");
    if (attempt === 1 && partition.key.endsWith("7")) throw new Error("at first");
    return inputs.page.length;
  },
});

export const both = defineMultiAsset({
  assets: { left: { key: "left" }, right: { key: "right" } },
  partitions: keys,
  deps: { flaky },
  resources,
  run(context) {
    leave("left", context);
    return { left: 1, right: 2 };
  },
});

/** In a thread of its own. */
export const threaded = defineAsset({
  key: "threaded",
  partitions: keys,
  deps: { left: both.left },
  workerModule: import.meta.url,
  pool: "threads",
  resources,
  run(context) {
    leave("threaded", context);
    return 1;
  },
});

export const boxed = defineAsset({
  key: "boxed",
  partitions: keys,
  deps: { page },
  pool: "docker",
  retry: { attempts: 3, delayMs: 5 },
  resources,
  async run(context) {
    leave("boxed", context);
    const { partition, attempt, containers } = context;
    const program = {
      runMs: RUN_MS * (Number(partition.key.slice(1)) % 4),
      lines: ["one", "two"],
      exitCode: attempt === 1 && partition.key.endsWith("4") ? 9 : 0,
    };
    const ended = await containers.run({ image: "fake", args: [JSON.stringify(program)] });
    return ended.exitCode;
  },
});

export const found = defineAsset({
  key: "found",
  partitions: seen,
  resources,
  run(context) {
    leave("found", context);
    return 1;
  },
});
export const foundJob = defineJob({ name: "found", assets: [found] });

/** Runs until it is canceled. */
export const endless = defineAsset({
  key: "endless",
  run: async ({ containers }) =>
    (await containers.run({ image: "fake", args: [JSON.stringify({ runMs: LONG_MS })] })).name,
});
export const endlessJob = defineJob({ name: "endless", assets: [endless] });

export const sensor = defineSensor({
  name: "pages",
  on: [page],
  evaluate({ materializations }) {
    const made = materializations.map((one) => one.partition ?? "").filter((key) => key.endsWith("1"));
    return {
      partitions: [{ set: seen, add: made, retire: [] }],
      runs: made.map((key) => ({ job: foundJob, partition: key, runKey: key, reason: "a new page" })),
      reason: `${made.length} pages`,
    };
  },
});

export const definitions = [
  page,
  flaky,
  both.left,
  both.right,
  threaded,
  boxed,
  found,
  foundJob,
  endless,
  endlessJob,
  sensor,
];
