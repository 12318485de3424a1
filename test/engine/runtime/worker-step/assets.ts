import {
  defineAsset,
  defineAssetCheck,
  defineMultiAsset,
  defineResource,
  dynamicPartitions,
  EngineError,
  materialization,
  RetryRequested,
  skip,
} from "../../../../engine/index.ts";

/** Assets whose code runs in a worker, for better and for worse. */
const workerModule = import.meta.url;
const sources = dynamicPartitions("sources", { dimension: "source" });

export const base = defineAsset({ key: "base", run: () => ({ n: 20, note: "x".repeat(100_000) }) });
export const page = defineAsset({ key: "page", partitions: sources, run: ({ partition }) => partition.key.length });
export const never = defineAsset({ key: "never", run: () => 1 });

const greeting = defineResource({ key: "greeting", open: ({ settings }) => `hello ${settings["NAME"]}` });

export const plus = defineAsset({
  key: "plus",
  workerModule,
  deps: { base },
  resources: { greeting },
  run({ inputs, resources, log, report, run, attempt }) {
    log.info(resources.greeting, { job: run.job });
    report({ done: 1 });
    for (let line = 0; line < 50; line++) log.debug(`line ${line}`);
    return materialization({
      value: inputs.base.n + 1,
      metadata: { bytes: inputs.base.note.length, attempt },
      dataVersion: "v1",
    });
  },
});

export const isTwentyOne = defineAssetCheck({
  name: "is_21",
  asset: plus,
  workerModule,
  deps: { base },
  resources: { greeting },
  run({ value, metadata, made, previous, inputs, resources, log }) {
    log.info(resources.greeting);
    return {
      passed: value === inputs.base.n + 1,
      metadata: {
        value,
        bytes: metadata["bytes"] ?? null,
        version: made.dataVersion,
        before: previous?.dataVersion ?? null,
      },
    };
  },
});

export const gather = defineAsset({
  key: "gather",
  workerModule,
  deps: { page },
  async run({ inputs }) {
    const found: Record<string, number> = {};
    for await (const { key, value } of inputs.page) found[key] = value;
    const first = await inputs.page.get("aa");
    const missing = await inputs.page.get("never made").catch((error: unknown) => (error as EngineError).code);
    return { keys: inputs.page.keys, found, first, missing };
  },
});

export const ofSource = defineAsset({
  key: "of_source",
  workerModule,
  partitions: sources,
  deps: { page },
  run: ({ partition, inputs }) => `${partition.parts.source}: ${inputs.page}`,
});

export const both = defineMultiAsset({
  workerModule,
  assets: { left: { key: "left" }, right: { key: "right" } },
  run: () => ({ left: 1, right: materialization({ value: 2 }) }),
});

export const reads = defineAsset({ key: "reads", workerModule, deps: { never }, run: ({ inputs }) => inputs.never });
export const skips = defineAsset({ key: "skips", workerModule, run: () => skip("needs Docker") });

export const throws = defineAsset({
  key: "throws",
  workerModule,
  run(): number {
    throw new Error("the disk is gone");
  },
});

export const refuses = defineAsset({
  key: "refuses",
  workerModule,
  retry: { attempts: 3 },
  run(): number {
    throw new EngineError("harvest", "the sitemap answers 404", { details: { status: 404 } });
  },
});

export const nonsense = defineAsset({ key: "nonsense", workerModule, run: () => (() => 1) as unknown as number });

export const endless = defineAsset({
  key: "endless",
  workerModule,
  timeoutMs: 60_000,
  run({ report }): number {
    report({ turning: true });
    for (;;);
  },
});

export const brief = defineAsset({ key: "brief", workerModule, timeoutMs: 10_000, run: () => 1 });

export const exits = defineAsset({ key: "exits", workerModule, run: (): number => process.exit(3) });

export const eats = defineAsset({
  key: "eats",
  workerModule,
  run() {
    const eaten: number[][] = [];
    for (;;) eaten.push(Array.from({ length: 100_000 }, (_, index) => index + eaten.length));
  },
});

export const stray = defineAsset({
  key: "stray",
  workerModule,
  async run() {
    void Promise.reject(new Error("nobody waits"));
    await new Promise((resolve) => setImmediate(resolve));
    return 1;
  },
});

export const forgets = defineAsset({
  key: "forgets",
  workerModule,
  run() {
    void Promise.reject(new Error("nobody ever waited"));
    return 1;
  },
});

/** A gigabyte of lines, and as many reports. */
export const chatters = defineAsset({
  key: "chatters",
  workerModule,
  run({ log, report }) {
    const line = "x".repeat(10_000);
    for (let said = 0; said < 100_000; said++) {
      log.info(line);
      report({ said });
    }
    return 1;
  },
});

export const asksAgain = defineAsset({
  key: "asks_again",
  workerModule,
  run({ attempt }) {
    if (attempt < 3) throw new RetryRequested({ message: "not yet", delayMs: 0, attempts: 3 });
    return attempt;
  },
});

/** Its predicate is called on the engine's thread. */
export const seenErrors: Error[] = [];
export const picky = defineAsset({
  key: "picky",
  workerModule,
  retry: {
    attempts: 2,
    delayMs: 0,
    retryOn: (error) => seenErrors.push(error as Error) > 0 && (error as Error).name === "RangeError",
  },
  run({ attempt }): number {
    throw attempt === 1 ? new RangeError("too far") : new TypeError("no such thing");
  },
});
