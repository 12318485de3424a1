import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssetView } from "../../../engine/runtime/views.ts";
import { type PipelineRig, pipelineRig } from "../../rigs/pipeline.ts";

const tenants = { earth: ["all"], solidearth: ["iris", "geolab"], waters: ["marine", "watershed", "obis", "geolab"] };

function isDone(asset: AssetView): boolean {
  if (asset.key === "ingest/create_tenant_containers") return true;
  if (asset.partitions === null) return asset.status === "materialized";
  return asset.partitions.total > 0 && asset.partitions.materialized === asset.partitions.total;
}

const ingestAssets = (rig: PipelineRig): readonly AssetView[] =>
  rig.engine.queries.assets().filter((asset) => asset.key.startsWith("ingest/"));

const sourceKeys = async (rig: PipelineRig, set = "sources"): Promise<string[]> =>
  (await rig.engine.queries.partitionKeys(set, { state: "active", limit: 500 })).items.map((item) => item.key).sort();

async function expectedCount(rig: PipelineRig, tenant: keyof typeof tenants, all: readonly string[]): Promise<number> {
  const lines = new Set<string>();
  for (const source of tenants[tenant].includes("all") ? all : tenants[tenant]) {
    for (const line of await rig.release(source)) lines.add(line);
  }
  return lines.size;
}

test("the demo goes from its sitemaps to loaded graphs and reports by itself, and a restart repeats nothing", async () => {
  await using rig = await pipelineRig();
  await rig.until("every ingest asset is materialized", () => ingestAssets(rig).every(isDone));
  await rig.quiet();
  const all = await sourceKeys(rig);
  assert.ok(all.length >= 5, all.join());
  const graphs = "GRAPH ?g { ?s ?p ?o }";
  for (const tenant of ["earth", "solidearth", "waters"] as const) {
    assert.equal(await rig.count(tenant, graphs), await expectedCount(rig, tenant, all), tenant);
    assert.ok((await rig.count(`${tenant}_summary`)) > 0);
  }
  const runs = await rig.engine.queries.runs({ limit: 500 });
  assert.ok(
    runs.items.every((run) => run.status === "succeeded"),
    runs.items.map((run) => run.error?.message).join(),
  );
  const container = runs.items.find((run) => run.job === "tenant_namespaces_job");
  const skipped = rig.engine.queries.run(container?.id ?? "").steps.find((step) => step.status === "skipped");
  assert.match(skipped?.waitReason ?? skipped?.reason ?? "", /needs Docker/);
  const before = await rig.count("earth", graphs);
  const stoppedAt = runs.items[0]?.createdAt ?? "";
  await rig.restart();
  await rig.quiet();
  assert.equal(await rig.count("earth", graphs), before);
  // The listing of summoned sources is coalesced, so it may have been due when the engine stopped.
  const again = (await rig.engine.queries.runs({ limit: 500 })).items.filter((run) => run.createdAt > stoppedAt);
  assert.deepEqual(
    again.filter((run) => run.job !== "org_names_job").map((run) => run.job),
    [],
  );
});

test("edited configuration files take effect by themselves: sources and pairs come and go with their graphs", async () => {
  await using rig = await pipelineRig();
  await rig.until("every ingest asset is materialized", () => ingestAssets(rig).every(isDone));
  await rig.quiet();
  const all = await sourceKeys(rig);
  const summons = async (source: string) =>
    (await rig.engine.queries.runs({ job: "summon_and_release_job", partition: source })).items.length;

  // A source is added: summoned and loaded without a click (defect 17), the others left alone.
  const irisBefore = await summons("iris");
  await rig.editConfig("gleanerconfig.yaml", (text) => {
    const example = text.split("\n").filter((line) => /^# {3}(- | {2}\w+:)/.test(line));
    return `${text}${example.map((line) => line.slice(2)).join("\n")}\n`;
  });
  await rig.until("topography is loaded", () => statusOf(rig, "topography|earth") === "materialized");
  assert.ok((await rig.count("earth", 'GRAPH ?g { ?s ?p ?o } FILTER(CONTAINS(STR(?g), ":topography:"))')) > 0);
  assert.equal(await summons("iris"), irisBefore);

  // Loaded again, a source's graphs are replaced, not doubled (defect 4).
  const loaded = await rig.count("earth", 'GRAPH ?g { ?s ?p ?o } FILTER(CONTAINS(STR(?g), ":iris:"))');
  const { run: reload } = await rig.engine.commands.triggerJob("tenant_release_job", {
    partition: "iris",
    actor: { name: "t", role: "operator" },
  });
  await rig.until("iris is loaded again", () => rig.engine.queries.run(reload).status === "succeeded");
  assert.equal(await rig.count("earth", 'GRAPH ?g { ?s ?p ?o } FILTER(CONTAINS(STR(?g), ":iris:"))'), loaded);

  // A source leaves: retired, its history kept, its graphs gone from every namespace.
  await rig.editConfig("gleanerconfig.yaml", (text) => text.replace(/(name: geolab[\s\S]*?active: )true/, "$1false"));
  await rig.until("geolab is pruned everywhere", () => {
    const pruned = rig.engine.queries.asset("prune/tenant_source").partitions;
    return pruned !== null && pruned.total === 3 && pruned.materialized === 3;
  });
  await rig.quiet();
  assert.deepEqual(await sourceKeys(rig), [...all, "topography"].filter((source) => source !== "geolab").sort());
  for (const namespace of ["earth", "solidearth", "waters"]) {
    assert.equal(
      await rig.count(namespace, 'GRAPH ?g { ?s ?p ?o } FILTER(CONTAINS(STR(?g), ":geolab:"))'),
      0,
      namespace,
    );
    assert.equal(
      await rig.count(`${namespace}_summary`, '?s ?p ?o FILTER(CONTAINS(STR(?s), ":geolab:"))'),
      0,
      namespace,
    );
  }
  const prunes = await rig.engine.queries.runs({ job: "tenant_prune_job" });
  assert.equal(prunes.items.length, 3);
  const removed = rig.engine.queries.assetPartition("prune/tenant_source", "geolab|earth").latest?.metadata["removed"];
  assert.ok(JSON.stringify(removed).includes(":geolab:data:"), JSON.stringify(removed));
  assert.equal(rig.engine.queries.assetPartition("ingest/gleanerio_run", "geolab").status, "retired");

  // A tenant gets a source that it lacked, and loses one: no summon for either.
  const before = await summons("iris");
  await rig.editConfig("tenant.yaml", (text) =>
    text.replace(/(community: waters[\s\S]*?sources:\n)(\s+)- marine\n/, "$1$2- iris\n"),
  );
  await rig.until("iris is loaded for waters", () => {
    return (
      rig.engine.queries.partitionSet("tenant_sources").active > 0 && statusOf(rig, "iris|waters") === "materialized"
    );
  });
  await rig.until(
    "marine is pruned from waters",
    () => statusOf(rig, "marine|waters", "prune/tenant_source") === "materialized",
  );
  await rig.quiet();
  assert.equal(await summons("iris"), before);
  const loads = await rig.engine.queries.runs({ job: "tenant_release_job", partition: "topography|earth" });
  assert.equal(loads.items.length, 0, "a pair that its source's release loaded is not loaded once more as a new one");
  assert.ok((await rig.count("waters", 'GRAPH ?g { ?s ?p ?o } FILTER(CONTAINS(STR(?g), ":iris:"))')) > 0);
  assert.equal(await rig.count("waters", 'GRAPH ?g { ?s ?p ?o } FILTER(CONTAINS(STR(?g), ":marine:"))'), 0);
  assert.ok((await rig.count("earth", 'GRAPH ?g { ?s ?p ?o } FILTER(CONTAINS(STR(?g), ":marine:"))')) > 0);
});

function statusOf(rig: PipelineRig, key: string, asset = "ingest/upload_release"): string {
  try {
    return rig.engine.queries.assetPartition(asset, key).status;
  } catch {
    return "none";
  }
}

test("a file that cannot be read fails its step with file and line, and the last good sources stay", async () => {
  await using rig = await pipelineRig();
  await rig.until("every ingest asset is materialized", () => ingestAssets(rig).every(isDone));
  await rig.quiet();
  const all = await sourceKeys(rig);
  const good = await rig.readConfig("gleanerconfig.yaml");
  await rig.writeConfig("gleanerconfig.yaml", `${good}\n  - name: broken: twice\n`);
  await rig.until("the reading has failed", () => rig.engine.queries.asset("ingest/sources_all").status === "failed");
  const { error } = rig.engine.queries.asset("ingest/sources_all");
  assert.match(error?.message ?? "", /gleanerconfig\.yaml:\d+: error: /);
  const { items: ticks } = await rig.engine.queries.ticks("s3_config_source_sensor", {});
  assert.match(ticks.find((tick) => tick.runs.length > 0)?.reason ?? "", /with an error: .*gleanerconfig\.yaml:\d+: /);
  await rig.quiet();
  assert.deepEqual(await sourceKeys(rig), all);
  // Restored with the old content: a change again, whatever the dates say (defect 3).
  await rig.writeConfig("gleanerconfig.yaml", good);
  await rig.until(
    "the good file was read",
    () => rig.engine.queries.asset("ingest/sources_all").status === "materialized",
  );
});

test("a source whose sitemap is dead fails alone, keeps its partition, and is summoned once it answers", async () => {
  await using rig = await pipelineRig({
    configs: (origin) => ({
      "gleanerconfig.yaml": [
        "summoner: { threads: 2 }",
        "sources:",
        ...["iris", "nowhere"].flatMap((name) => [
          `  - name: ${name}`,
          "    sourcetype: sitemap",
          `    url: ${origin}/${name}/sitemap.xml`,
          `    domain: ${origin}`,
          "    active: true",
          "    fixcontextoption: 1",
          "    identifiertype: identifiersha",
        ]),
      ].join("\n"),
    }),
  });
  await rig.until("iris is loaded", () => statusOf(rig, "iris|earth") === "materialized");
  await rig.until("nowhere has failed", () => statusOf(rig, "nowhere", "ingest/validate_sitemap_url") === "failed");
  const failed = rig.engine.queries.assetPartition("ingest/validate_sitemap_url", "nowhere");
  assert.match(failed.error?.message ?? "", /404/);
  assert.deepEqual(await sourceKeys(rig), ["iris", "nowhere"]);
  assert.deepEqual(rig.engine.queries.asset("ingest/sources_names_invalid_sitemap").latest?.value, ["nowhere"]);
  // The first summon failed; the next reading of the file asks for it again (defect 2).
  await rig.editConfig("gleanerconfig.yaml", (text) => text.replace("/nowhere/sitemap.xml", "/marine/sitemap.xml"));
  await rig.until("nowhere is summoned", () => statusOf(rig, "nowhere", "ingest/gleanerio_run") === "materialized");
  await rig.quiet();
});
