import { defineAsset, defineJob, staticPartitions } from "../../engine/index.ts";

/** Assets whose code runs in a worker; a module of its own, since the worker imports it. */
const workerModule = import.meta.url;

export const letters = staticPartitions("letters", ["a", "b"]);

export const upstream = defineAsset({
  key: "upstream",
  partitions: letters,
  run: ({ partition }) => `${partition.key}!`,
});

export const shout = defineAsset({
  key: "shout",
  partitions: letters,
  deps: { upstream },
  workerModule,
  run({ inputs, log, report }) {
    report({ said: 1 });
    log.info(`heard ${inputs.upstream}`);
    return inputs.upstream.toUpperCase();
  },
});

export const chorus = defineAsset({
  key: "chorus",
  deps: { shout },
  workerModule,
  async run({ inputs }) {
    const heard: string[] = [];
    for await (const { key, value } of inputs.shout) heard.push(`${key}=${value}`);
    return heard;
  },
});

function spinForEver(): number {
  for (;;);
}

export const spinning = defineAsset({ key: "spinning", workerModule, run: spinForEver });
export const exiting = defineAsset({ key: "exiting", workerModule, run: (): number => process.exit(3) });
export const hoarding = defineAsset({
  key: "hoarding",
  workerModule,
  run(): number {
    const kept: number[][] = [];
    for (;;) kept.push(Array.from({ length: 1_000_000 }, (_, index) => index));
  },
});

export const workerAssets = [upstream, shout, chorus, spinning, exiting, hoarding];
export const workerJobs = workerAssets.map((asset) => defineJob({ name: asset.key, assets: [asset] }));
