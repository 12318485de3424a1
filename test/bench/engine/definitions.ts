import { defineAsset, defineJob, dynamicPartitions } from "../../../engine/index.ts";
import { noteStart } from "./probe.ts";

/** Graphs of steps that do nothing, as a code location of a real server. */

/** As many as may run at a time, so that a trigger never waits for the run before it. */
export const TRIGGER_LANES = 32;
export const CHAIN_STEPS = 200;
export const FAN_ASSETS = 8;

export const lanes = dynamicPartitions("lanes");
export const triggered = defineAsset({
  key: "triggered",
  partitions: lanes,
  run({ run }) {
    noteStart(run.id);
  },
});
export const trigger = defineJob({ name: "trigger", assets: [triggered] });

function chainOf(length: number): ReturnType<typeof link>[] {
  const links = [link(0, {})];
  for (let index = 1; index < length; index++) {
    const before = links[index - 1];
    if (before !== undefined) links.push(link(index, { before }));
  }
  return links;
}

function link(index: number, deps: Readonly<Record<string, ReturnType<typeof defineAsset>>>) {
  return defineAsset({ key: `chain/${String(index).padStart(3, "0")}`, deps, run: () => {} });
}

export const links = chainOf(CHAIN_STEPS);
export const chain = defineJob({ name: "chain", assets: links });

export const fanKeys = dynamicPartitions("fan-keys");
export const first = defineAsset({ key: "fan/first", partitions: fanKeys, run: () => {} });
export const middle = Array.from({ length: FAN_ASSETS - 2 }, (_, index) =>
  defineAsset({ key: `fan/middle${index}`, partitions: fanKeys, deps: { first }, run: () => {} }),
);
export const last = defineAsset({
  key: "fan/last",
  partitions: fanKeys,
  deps: Object.fromEntries(middle.map((asset, index) => [`middle${index}`, asset])),
  run: () => {},
});
export const fan = defineJob({ name: "fan", assets: [first, ...middle, last] });

export const drainKeys = dynamicPartitions("drain-keys");
export const drained = defineAsset({ key: "drained", partitions: drainKeys, run: () => {} });
