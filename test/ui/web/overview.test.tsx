import { consoleRig } from "../../rigs/web/console.ts";
import assert from "node:assert/strict";
import test from "node:test";
import { screen, waitFor } from "@testing-library/react";
import { defineAsset, defineJob, dynamicPartitions, productPartitions } from "../../../engine/index.ts";
import { operator } from "../../rigs/engine.ts";
import { OverviewPage } from "../../../ui/web/pages/overview/overview-page.tsx";

const sources = dynamicPartitions("sources", { dimension: "source" });
const harvest = defineAsset({
  key: "harvest",
  partitions: sources,
  run({ partition }) {
    if (partition.key === "dead") throw new Error("its sitemap answered 500");
    return 1;
  },
});
const harvestJob = defineJob({ name: "harvest_job", assets: [harvest] });
const definitions = [sources, harvest, harvestJob];

test("the overview tells what fails, live, and runs it again", async () => {
  await using console = await consoleRig({
    definitions,
    prepare: async ({ engine }) => {
      await engine.commands.addPartitions("sources", { keys: ["dead", "iris"], actor: operator });
    },
  });
  console.show(<OverviewPage />);
  await screen.findByText("Nothing does");
  await console.rig.run("harvest_job", "dead");
  await screen.findByText("its sitemap answered 500");
  await console.user.click(screen.getByRole("button", { name: "Run again" }));
  await waitFor(() => assert.equal(console.parts.toasts.current()[0]?.text, "Runs again from its failure."));
  const { items } = await console.rig.engine.queries.runs({});
  assert.equal(items.length, 2);
  assert.equal(items.filter((run) => run.parentRunId !== null).length, 1);
});

test("a viewer sees a failure and is told why it may not be run again", async () => {
  await using console = await consoleRig({
    definitions,
    role: "viewer",
    prepare: async (rig) => {
      await rig.engine.commands.addPartitions("sources", { keys: ["dead"], actor: operator });
      await rig.run("harvest_job", "dead");
    },
  });
  console.show(<OverviewPage />);
  const again = await screen.findByRole("button", { name: /Run again/ });
  assert.equal(again.title, "This takes the role operator; viewer is viewer.");
  await console.user.click(again);
  assert.equal((await console.rig.engine.queries.runs({})).items.length, 1);
});

test("the tab's icon tells failures, and a lost connection before all else", async () => {
  document.head.innerHTML = '<link id="icon" href="/web/icon.svg">';
  const icon = (): string => decodeURIComponent(document.querySelector<HTMLLinkElement>("#icon")?.href ?? "");
  await using console = await consoleRig({
    definitions,
    prepare: async ({ engine }) => {
      await engine.commands.addPartitions("sources", { keys: ["dead"], actor: operator });
    },
  });
  console.show(<OverviewPage />);
  await screen.findByText("Nothing does");
  assert.match(icon(), /\/web\/icon\.svg$/);
  await console.rig.run("harvest_job", "dead");
  await waitFor(() => assert.match(icon(), /fill="#c8372c"/));
  await console.server[Symbol.asyncDispose]();
  await waitFor(() => assert.match(icon(), /fill="#8b8577"/));
  assert.match(document.title, /^✕ /);
});

test("a product is counted by the keys of its second dimension, and anew when something is made", async () => {
  const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
  const pairs = productPartitions("pairs", { source: sources, tenant: tenants });
  const upload = defineAsset({ key: "upload", partitions: pairs, run: () => 1 });
  const uploadJob = defineJob({ name: "upload_job", assets: [upload] });
  await using console = await consoleRig({
    definitions: [sources, tenants, pairs, upload, uploadJob],
    prepare: async (rig) => {
      const { commands } = rig.engine;
      await commands.addPartitions("sources", { keys: ["iris", "obis"], actor: operator });
      await commands.addPartitions("tenants", { keys: ["deep", "eco"], actor: operator });
      await commands.addPartitions("pairs", { keys: ["iris|eco", "obis|eco"], actor: operator });
      await rig.run("upload_job", "iris|eco");
    },
  });
  console.show(<OverviewPage />);
  const cards = () => screen.getAllByRole("link", { name: /^(deep|eco)/ }).map((link) => link.textContent);
  await screen.findByRole("link", { name: /^eco/ });
  assert.deepEqual(cards(), ["deepnothing to load", "eco1 missing, 1 fresh"]);
  await console.rig.run("upload_job", "obis|eco");
  await waitFor(() => assert.deepEqual(cards(), ["deepnothing to load", "eco2 fresh"]));
});
