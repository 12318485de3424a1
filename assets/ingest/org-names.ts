import { defineAsset, materialization } from "../../engine/index.ts";
import { objectStore, settings } from "./resources.ts";

const PREFIX = "orgs/";

export const orgNames = defineAsset({
  key: "ingest/org_names",
  group: "configs",
  description: "The sources that were ever summoned: the names under orgs/ in the bucket",
  resources: { settings, objectStore },
  async run({ resources, signal }) {
    const { bucket } = resources.settings.objects;
    const names: string[] = [];
    for await (const { key } of resources.objectStore.list({ bucket, prefix: PREFIX, signal })) {
      names.push(key.slice(PREFIX.length).replace(/\.nq$/, ""));
    }
    return materialization({ value: names, metadata: { count: names.length } });
  },
});
