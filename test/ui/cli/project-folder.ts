import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type TemporaryFolder, temporaryFolder } from "../../rigs/temporary-folder.ts";

const engine = fileURLToPath(new URL("../../../engine/index.ts", import.meta.url));

/** A project of its own with two assets and a check, in a folder that is gone afterwards. */
export async function projectFolder(files: Readonly<Record<string, string>> = {}): Promise<TemporaryFolder> {
  const folder = await temporaryFolder();
  const all = {
    "workspace.yaml": "projects:\n  - { name: weather, dataDir: ./record, locations: [./weather.ts] }\n",
    "weather.ts": weather("hello"),
    ...files,
  };
  await mkdir(folder.path, { recursive: true });
  for (const [name, text] of Object.entries(all)) await writeFile(join(folder.path, name), text);
  return folder;
}

export function weather(word: string): string {
  return `import { defineAsset, defineAssetCheck, dynamicPartitions } from ${JSON.stringify(engine)};
const days = dynamicPartitions("days");
export const stations = defineAsset({
  key: "weather/stations",
  run: ({ log }) => { log.info(${JSON.stringify(word)}); return ["Abisko"]; },
});
export const many = defineAssetCheck({
  name: "many",
  asset: stations,
  severity: "warn",
  run: ({ value }) => ({ passed: value.length > 1, description: "there is " + value.length + " station" }),
});
export const report = defineAsset({
  key: "weather/report",
  deps: { stations },
  partitions: days,
  run: ({ partition }) => {
    if (partition.key === "bad") throw new Error("no wind\\u001b[31m");
    return partition.key;
  },
});
`;
}
