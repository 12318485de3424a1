import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNabuFile } from "../../../assets/config/nabu-file.ts";
import { parseSourcesFile } from "../../../assets/config/sources-file.ts";
import { parseTenantFile } from "../../../assets/config/tenant-file.ts";
import { tenantPairs } from "../../../assets/config/tenant-pairs.ts";
import { systemIds } from "../../../engine/adapters/system-clock.ts";
import { startDemo, type Demo } from "../../../ui/demo/demo.ts";
import { seedDemo, type SeedReport } from "../../../ui/demo/seed-demo.ts";
import { manualClock } from "../../rigs/manual-clock.ts";
import { memoryObjectStore, type MemoryObjectStore } from "../../rigs/memory-object-store.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";

const SOURCES = "scheduler/configs/gleanerconfig.yaml";
const KEYS = [SOURCES, "scheduler/configs/nabuconfig.yaml", "scheduler/configs/tenant.yaml"];

interface SeedRig extends AsyncDisposable {
  readonly demo: Demo;
  readonly store: MemoryObjectStore;
  /** As at a start, with the demo at `port` where one is given and its own as the former one. */
  seed(port?: number): Promise<SeedReport>;
}

async function seedRig(): Promise<SeedRig> {
  const folder = await temporaryFolder();
  const demo = await startDemo({ dataDir: folder.path, ids: systemIds() });
  const store = memoryObjectStore({ clock: manualClock() });
  return {
    demo,
    store,
    seed: (port) =>
      seedDemo({
        store,
        dataDir: folder.path,
        demo: port === undefined ? demo : { origin: `http://127.0.0.1:${port}`, formerPorts: [demo.port] },
      }),
    async [Symbol.asyncDispose]() {
      await demo.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function edit(store: MemoryObjectStore, key: string, change: (text: string) => string): Promise<void> {
  await store.put({ bucket: "gleaner", key, body: change(store.text("gleaner", key)) });
}

test("the configurations are put into the bucket with the demo's address", async () => {
  await using rig = await seedRig();
  const { written, warnings } = await rig.seed();
  assert.deepEqual(written.toSorted(), KEYS);
  assert.deepEqual(warnings, []);
  const sources = rig.store.text("gleaner", SOURCES);
  assert.match(sources, new RegExp(`url: ${rig.demo.origin}/marine/sitemap.xml`));
  assert.doesNotMatch(sources, /\{\{/);
});

test("the configurations say five sources, three tenants that share some, and the organisation, without a problem", async () => {
  await using rig = await seedRig();
  await rig.seed();
  const [sourcesKey = "", nabuKey = "", tenantKey = ""] = KEYS;
  const sources = parseSourcesFile({ text: rig.store.text("gleaner", sourcesKey), file: sourcesKey });
  const tenants = parseTenantFile({ text: rig.store.text("gleaner", tenantKey), file: tenantKey });
  const nabu = parseNabuFile({ text: rig.store.text("gleaner", nabuKey), file: nabuKey });
  const { pairs, problems } = tenantPairs({ tenants: tenants.tenants ?? [], activeSources: sources.active });
  assert.deepEqual([...sources.problems, ...tenants.problems, ...nabu.problems, ...problems], []);
  assert.deepEqual(sources.active, ["iris", "marine", "watershed", "obis", "geolab"]);
  assert.deepEqual(tenants.names, ["earth", "solidearth", "waters"]);
  assert.equal(pairs.length, 11);
  assert.equal(nabu.orgName, "demo");
});

test("a second start writes nothing, and keeps what an operator edited", async () => {
  await using rig = await seedRig();
  await rig.seed();
  await edit(rig.store, SOURCES, (text) => text.replace("threads: 5", "threads: 2"));
  assert.deepEqual(await rig.seed(), { written: [], warnings: [] });
  assert.match(rig.store.text("gleaner", SOURCES), /threads: 2/);
});

test("a file that was there before the demo is left alone", async () => {
  await using rig = await seedRig();
  await rig.store.ensureBucket("gleaner");
  await rig.store.put({ bucket: "gleaner", key: SOURCES, body: "sources: []\n" });
  const { written } = await rig.seed();
  assert.ok(!written.includes(SOURCES));
  assert.equal(rig.store.text("gleaner", SOURCES), "sources: []\n");
});

test("a configuration that was removed is not put back, and that is said", async () => {
  await using rig = await seedRig();
  await rig.seed();
  await rig.store.remove({ bucket: "gleaner", keys: [SOURCES] });
  const { written, warnings } = await rig.seed();
  assert.deepEqual(written, []);
  assert.match(warnings.join(), /gleanerconfig\.yaml was removed/);
});

test("on another port an unedited configuration moves along", async () => {
  await using rig = await seedRig();
  await rig.seed();
  const { written, warnings } = await rig.seed(19_999);
  assert.deepEqual(written, [SOURCES], "the only file that names the port");
  assert.deepEqual(warnings, []);
  assert.match(rig.store.text("gleaner", SOURCES), /url: http:\/\/127\.0\.0\.1:19999\/iris\/sitemap\.xml/);
});

test("on another port an edited configuration stays as it is, and the operator is told what to change", async () => {
  await using rig = await seedRig();
  await rig.seed();
  await edit(rig.store, SOURCES, (text) => text.replace("threads: 5", "threads: 2"));
  const before = rig.store.text("gleaner", SOURCES);
  const { written, warnings } = await rig.seed(19_999);
  assert.deepEqual(written, []);
  assert.equal(rig.store.text("gleaner", SOURCES), before);
  assert.match(warnings.join(), new RegExp(`names ${rig.demo.origin}.*http://127\\.0\\.0\\.1:19999`));
});
