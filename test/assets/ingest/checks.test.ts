import assert from "node:assert/strict";
import { test } from "node:test";
import { pipelineRig } from "../../rigs/pipeline.ts";

const RELEASE = "ingest/release_nabu_run";
const UPLOAD = "ingest/upload_release";
const bySystem = { name: "test", role: "operator" } as const;

test("releases and loads are checked by the jobs that make them, and losses are told", async () => {
  await using rig = await pipelineRig();
  const { queries, commands } = rig.engine;
  const statusAt = (asset: string, partition: string) => queries.checks(asset, { partition })[0]?.status;
  const done = async (ask: Promise<{ readonly runs: readonly string[] }>) => {
    const [id = ""] = (await ask).runs;
    await rig.until(`run ${id} has ended`, () => queries.run(id).endedAt !== null);
    return queries.run(id);
  };
  await rig.until("every pair is checked", () => {
    const counts = queries.asset(UPLOAD).checks[0]?.partitions;
    return counts != null && counts.total >= 5 && counts.passed === counts.total;
  });
  await rig.quiet();
  assert.equal(statusAt(RELEASE, "iris"), "unevaluated");

  const again = await done(commands.materialize({ assets: [RELEASE], partitions: ["iris"] }, bySystem));
  assert.equal(again.steps[1]?.evaluation?.outcome, "passed", "as many documents as before");

  const keys: string[] = [];
  for await (const { key } of rig.objects.list({ bucket: "gleaner", prefix: "summoned/iris/" })) keys.push(key);
  assert.ok(keys.length > 4, `${keys.length} documents`);
  await rig.objects.remove({ bucket: "gleaner", keys: keys.slice(2) });
  const less = await done(commands.materialize({ assets: [RELEASE], partitions: ["iris"] }, bySystem));
  assert.equal(less.status, "succeeded");
  const warned = less.steps[1]?.evaluation;
  assert.equal(warned?.outcome, "warned");
  assert.equal(warned?.description, `2 documents, ${keys.length} in the release before`);

  const pair = "iris|solidearth";
  const only = { checks: [`${UPLOAD}:documents_loaded`], partitions: [pair] };
  assert.equal((await done(commands.materialize(only, bySystem))).steps[0]?.evaluation?.outcome, "passed");
  await rig.triples.update({
    namespace: "solidearth",
    update: 'DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } FILTER(CONTAINS(STR(?g), ":iris:data:")) }',
  });
  const lost = await done(commands.materialize(only, bySystem));
  assert.equal(lost.status, "succeeded");
  assert.equal(lost.steps[0]?.evaluation?.outcome, "failed");
  assert.equal(lost.steps[0]?.evaluation?.description, `solidearth holds 0 documents, the release has ${keys.length}`);
});
