import { readFile } from "node:fs/promises";
import type { ObjectStore } from "../../engine/operate.ts";
import type { Demo } from "./demo.ts";
import { demoFolder } from "./demo-sites.ts";
import { readDemoState, writeDemoState } from "./demo-state.ts";

export const DEMO_BUCKET = "gleaner";
const CONFIG_FILES = ["gleanerconfig.yaml", "tenant.yaml", "nabuconfig.yaml"];
/** Stands in the files for the origin of the demo's web sites. */
const ORIGIN_MARK = "{{DEMO}}";

export interface SeedDemoParams {
  readonly store: ObjectStore;
  readonly demo: Pick<Demo, "origin" | "formerPorts">;
  readonly dataDir: string;
  /** Default `gleaner`. */
  readonly bucket?: string | undefined;
  /** Default `scheduler/configs/`. */
  readonly prefix?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SeedReport {
  /** Keys that were written. */
  readonly written: readonly string[];
  /** One sentence each, for the operator. */
  readonly warnings: readonly string[];
}

/**
 * Puts the demo's configurations into the bucket, each once. One that is there is left alone, whoever wrote it, and
 * one that was put there and removed stays away, with one exception: where the demo had to take another port, a file
 * that is byte for byte what the demo wrote for a former port is written anew for the new one, since nothing of an
 * operator's is lost by that. An edited file that names a former port is left and warned of.
 */
export async function seedDemo(params: SeedDemoParams): Promise<SeedReport> {
  const { store, demo, dataDir, bucket = DEMO_BUCKET, prefix = "scheduler/configs/", signal } = params;
  const state = await readDemoState(dataDir);
  const written: string[] = [];
  const warnings: string[] = [];
  await store.ensureBucket(bucket, signal);
  for (const file of CONFIG_FILES) {
    const key = prefix + file;
    const template = await readFile(new URL(file, demoFolder), "utf8");
    const present = await readText({ store, bucket, key, signal });
    const wanted = decide({ template, present, demo, seeded: state?.seeded.includes(key) ?? false });
    if (wanted.type === "write") {
      await store.put({ bucket, key, body: wanted.body, contentType: "application/yaml", signal });
      written.push(key);
    }
    if (wanted.type === "warn") warnings.push(`${bucket}/${key} ${wanted.what}`);
  }
  if (state !== null && written.length > 0) {
    await writeDemoState(dataDir, { ...state, seeded: [...new Set([...state.seeded, ...written])] });
  }
  return Object.freeze({ written, warnings });
}

type Decision =
  | { readonly type: "write"; readonly body: string }
  | { readonly type: "leave" }
  | { readonly type: "warn"; readonly what: string };

interface DecideParams {
  readonly template: string;
  readonly present: string | null;
  readonly demo: Pick<Demo, "origin" | "formerPorts">;
  readonly seeded: boolean;
}

function decide(params: DecideParams): Decision {
  const { template, present, demo, seeded } = params;
  const body = template.replaceAll(ORIGIN_MARK, demo.origin);
  if (present === body) return { type: "leave" };
  if (present === null) {
    return seeded ? { type: "warn", what: "was removed; the demo does not put it back" } : { type: "write", body };
  }
  for (const port of demo.formerPorts) {
    const former = formerOrigin(demo.origin, port);
    if (present === template.replaceAll(ORIGIN_MARK, former)) return { type: "write", body };
    if (present.includes(`${former}/`)) {
      return {
        type: "warn",
        what: `names ${former}, which was taken; the demo's sites are at ${demo.origin} now: change it there`,
      };
    }
  }
  return { type: "leave" };
}

function formerOrigin(origin: string, port: number): string {
  const url = new URL(origin);
  url.port = String(port);
  return url.origin;
}

interface ReadTextParams {
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly key: string;
  readonly signal: AbortSignal | undefined;
}

/** Null where there is no such object. */
async function readText(params: ReadTextParams): Promise<string | null> {
  const { store, ...ref } = params;
  if ((await store.head(ref)) === null) return null;
  const { body } = await store.get(ref);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
