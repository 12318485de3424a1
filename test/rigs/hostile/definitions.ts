import {
  defineAsset,
  defineAssetCheck,
  defineJob,
  defineSchedule,
  defineSensor,
  dynamicPartitions,
  EngineError,
  type Json,
  materialization,
  productPartitions,
} from "../../../engine/index.ts";
import { controls, hostileKeys, markup } from "./keys.ts";

/** A workspace whose keys, logs, errors and metadata are as bad as strangers and programs can make them. */
export const sources = dynamicPartitions("sources", { dimension: "source", description: markup });
export const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
export const pairs = productPartitions("pairs", { source: sources, tenant: tenants });

const MANY = 100;
const LONG_LINE = 100_000;
const LARGE = 1_000_000;
const DEPTH = 150;

const deep = Array.from({ length: DEPTH }).reduce<Json>((within) => ({ within, markup }), "the end");
const metadata = {
  markup,
  [markup]: "a name",
  link: "javascript:alert(7)",
  data: "data:text/html,<script>alert(8)</script>",
  address: `https://a.example/"onmouseover="alert(9)?${"x".repeat(1500)}`,
  controls,
  keys: Object.values(hostileKeys),
  table: Object.values(hostileKeys).map((key) => ({ [markup]: key, link: "javascript:alert(10)", deep: [[[key]]] })),
  unbroken: "w".repeat(20_000),
  deep,
  number: -1.5e-300,
};

export const page = defineAsset({
  key: "hostile/page",
  group: "hostile",
  description: markup,
  tags: { html: markup },
  partitions: sources,
  run({ partition, log, report }) {
    log.info(partition.key);
    log.error(controls, { [markup]: controls });
    log.warning(markup);
    log.info("x".repeat(LONG_LINE));
    log.info(`two\r\nlines\n\n${hostileKeys.rightToLeft}`);
    for (let line = 0; line < MANY; line++) log.debug(`${line} \u202E${hostileKeys.marks}`);
    report({ [markup]: markup });
    if (partition.key === hostileKeys.script) throw new EngineError("harvest", `${markup}${controls}`.repeat(20));
    if (partition.key === hostileKeys.long) throw new Error(`no ${partition.key}`);
    return materialization({ value: { text: markup.repeat(LARGE / markup.length) }, metadata });
  },
});
export const load = defineAsset({
  key: "hostile/load",
  group: "hostile",
  partitions: pairs,
  deps: { page },
  run: ({ partition }) => materialization({ metadata: { partition: partition.key } }),
});
export const looks = defineAssetCheck({
  name: "looks",
  asset: page,
  severity: "warn",
  description: markup,
  run: () => ({ passed: false, description: `${markup} ${controls}`, metadata }),
});
export const job = defineJob({ name: "hostile_job", description: markup, assets: [page, load] });
export const watch = defineSensor({
  name: "watch",
  description: markup,
  minIntervalMs: 3_600_000,
  evaluate: () => {
    throw new Error(`${markup} ${hostileKeys.long}`);
  },
});
export const weekly = defineSchedule({
  name: "weekly",
  description: markup,
  cron: "0 3 * * 1",
  evaluate: () => ({
    reason: `${markup} ${hostileKeys.long}`,
    runs: [{ job, partitions: [hostileKeys.image, hostileKeys.long], runKey: markup, reason: markup }],
  }),
});
