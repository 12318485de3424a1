import { readFile } from "node:fs/promises";
import type { ObjectStore, StepLog } from "../../engine/index.ts";
import { EngineError } from "../../engine/index.ts";
import { formatProblem } from "../config/config-problem.ts";
import type { IngestSettings } from "../config/ingest-settings.ts";
import { orgNameOf } from "../config/nabu-file.ts";
import { readConfigObject } from "./config-objects.ts";

export interface ReadOrgNameParams {
  readonly settings: IngestSettings;
  readonly objectStore: ObjectStore;
  readonly signal: AbortSignal;
  readonly log?: StepLog | undefined;
}

/**
 * The organization's segment of every graph URN: from nabuconfig.yaml beside the other files, else from the project's
 * own copy, else `PROJECT`. Throws `config` where the file that rules cannot be read: another name would change every
 * URN.
 */
export async function readOrgName(params: ReadOrgNameParams): Promise<string> {
  const { settings, objectStore, signal } = params;
  const key = settings.configFiles.nabuKey;
  const own = `configs/${settings.project}/nabuconfig.yaml`;
  const { orgName, problems } = orgNameOf({
    project: settings.project,
    candidates: [
      { file: key, text: await readConfigObject({ store: objectStore, bucket: settings.objects.bucket, key, signal }) },
      { file: own, text: await readOwnFile(settings.project) },
    ],
  });
  for (const problem of problems) params.log?.[problem.severity](formatProblem(problem));
  if (orgName !== undefined) return orgName;
  const first = problems.find((problem) => problem.severity === "error");
  throw new EngineError("config", first === undefined ? `${key} gives no orgname` : formatProblem(first));
}

async function readOwnFile(project: string): Promise<Buffer | null> {
  if (!/^[A-Za-z0-9_-]+$/.test(project)) return null;
  try {
    return await readFile(new URL(`../../configs/${project}/nabuconfig.yaml`, import.meta.url));
  } catch {
    return null;
  }
}
