import { consoleRig } from "../../rigs/web/console.ts";
import assert from "node:assert/strict";
import test from "node:test";
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { defineAsset, defineJob, dynamicPartitions, productPartitions } from "../../../engine/index.ts";
import { type EngineRig, operator } from "../../rigs/engine.ts";
import { PartitionGrid } from "../../../ui/web/matrix/partition-grid.tsx";

const sources = dynamicPartitions("sources", { dimension: "source" });
const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
const pairs = productPartitions("pairs", { source: sources, tenant: tenants });
const upload = defineAsset({
  key: "upload",
  partitions: pairs,
  run({ partition }) {
    if (partition.key === "iris|deep") throw new Error("the store is full");
    return 1;
  },
});
const harvest = defineAsset({ key: "harvest", partitions: sources, run: () => 1 });
const years = dynamicPartitions("years", { dimension: "year" });
const cube = productPartitions("cube", { source: sources, tenant: tenants, year: years });
const survey = defineAsset({ key: "survey", partitions: cube, run: () => 1 });
const surveyJob = defineJob({ name: "survey_job", assets: [survey] });
const uploadJob = defineJob({ name: "upload_job", assets: [upload] });
const definitions = [sources, tenants, pairs, upload, harvest, uploadJob, years, cube, survey, surveyJob];

async function prepare(rig: EngineRig): Promise<void> {
  const { commands } = rig.engine;
  await commands.addPartitions("sources", { keys: ["iris", "obis"], actor: operator });
  await commands.addPartitions("tenants", { keys: ["deep", "eco"], actor: operator });
  await commands.addPartitions("pairs", { keys: ["iris|deep", "iris|eco", "obis|eco"], actor: operator });
  await rig.run("upload_job", "iris|deep");
  await rig.run("upload_job", "obis|eco");
}

async function shown(search: string, { asset = "upload", set = "pairs" } = {}) {
  const console = await consoleRig({ definitions, prepare, at: `/assets/${asset}${search}` });
  console.show(<PartitionGrid asset={{ key: asset, partitionSet: set }} />);
  return console;
}

function linesNow(): HTMLElement[] {
  return within(screen.getByRole("listbox", { name: "Partitions" })).getAllByRole("option");
}

async function lines(): Promise<HTMLElement[]> {
  return await within(await screen.findByRole("listbox", { name: "Partitions" })).findAllByRole("option");
}

/** The parameters of the address that have a value. */
function searchOf(address: string): Record<string, readonly string[]> {
  const search = new URLSearchParams(address.split("?")[1]);
  return Object.fromEntries([...search.keys()].map((name) => [name, search.getAll(name)]));
}

test("the list twin names every pair with its word, and changes while it is looked at", async () => {
  await using console = await shown("?form=list");
  await lines();
  const said = () => linesNow().map((line) => line.textContent?.replace(/just now|never|\d+ \w+ ago|in .*/, ""));
  assert.deepEqual(said(), ["iris × deepfailed", "iris × ecomissing", "obis × ecomaterialized"]);
  await console.rig.run("upload_job", "iris|eco");
  await waitFor(() => assert.equal(said()[1], "iris × ecomaterialized"));
});

test("keys select in the list, the address holds it, and m opens the dialog for it", async () => {
  await using console = await shown("?form=list");
  const first = (await lines())[0] ?? assert.fail();
  first.focus();
  await console.user.keyboard(" ");
  await screen.findByText("1 partition selected");
  assert.deepEqual(searchOf(console.address())["select"], ["=iris|deep"]);
  fireEvent.keyDown(first, { key: "ArrowDown", shiftKey: true });
  await screen.findByText("2 partitions selected");
  await console.user.keyboard("m");
  assert.equal(searchOf(console.address())["materialize"]?.[0], "open");
  assert.deepEqual(console.parts.materialize.current(), {
    assets: ["upload"],
    chosen: { partitions: { source: ["iris"], tenant: ["deep", "eco"] }, count: 2 },
  });
});

test("Enter opens the newest run of the line, and says so where there is none", async () => {
  await using console = await shown("?form=list");
  const [, second] = await lines();
  fireEvent.keyDown(second ?? assert.fail(), { key: "ArrowDown" });
  fireEvent.keyDown(second ?? assert.fail(), { key: "Enter" });
  await waitFor(() => assert.equal(console.parts.toasts.current()[0]?.text, "No run has made iris|eco yet."));
  fireEvent.keyDown(second ?? assert.fail(), { key: "ArrowUp" });
  fireEvent.keyDown(second ?? assert.fail(), { key: "Enter" });
  await waitFor(() => assert.match(console.address(), /^\/runs\//));
  const run = console.rig.engine.queries.run(console.address().slice("/runs/".length));
  assert.equal(run.partition, "iris|deep");
});

test("the matrix is a grid for the keyboard, with the same selection", async () => {
  await using console = await shown("");
  const grid = await screen.findByRole("grid", { name: "Partitions by source and tenant" });
  assert.deepEqual([grid.getAttribute("aria-rowcount"), grid.getAttribute("aria-colcount")], ["2", "2"]);
  const cell = () => screen.getByRole("gridcell").textContent;
  assert.equal(cell(), "iris × deep: failed");
  grid.focus();
  await console.user.keyboard("{ArrowDown}");
  assert.equal(cell(), "obis × deep: not a pair of the set");
  await console.user.keyboard("{ArrowRight} ");
  assert.equal(cell(), "obis × eco: materialized");
  await screen.findByText("1 partition selected");
  await console.user.keyboard("{Control>}a{/Control}");
  await screen.findByText("3 partitions selected");
  await console.user.keyboard("{Escape}");
  await screen.findByText("Click, tap, drag or press Space to select");
});

test("a status filters and is kept in the address; another click takes it away", async () => {
  await using console = await shown("?form=list");
  await console.user.click(await screen.findByRole("button", { name: /1 failed/ }));
  assert.deepEqual(searchOf(console.address())["word"], ["failed"]);
  await waitFor(() => assert.equal(linesNow().length, 1));
  await console.user.click(screen.getByRole("button", { name: /1 failed/ }));
  await waitFor(() => assert.equal(linesNow().length, 3));
});

test("an address with a column, a text and a selection shows just that, and each can be taken away", async () => {
  await using console = await shown("?form=list&column=eco&find=iris&select=%3Diris|eco&select=%3Dnobody|eco");
  await lines();
  assert.equal(linesNow().length, 1);
  assert.ok(screen.getByText("1 partition selected"));
  await console.user.click(screen.getByRole("button", { name: "Remove the filter tenant eco" }));
  await waitFor(() => assert.equal(linesNow().length, 2));
  await console.user.type(screen.getByRole("searchbox"), "zzz");
  await console.user.click(await screen.findByRole("button", { name: "Show all" }));
  await waitFor(() => assert.equal(linesNow().length, 3));
});

test("a set of one dimension is a grid of its keys, selected alike", async () => {
  await using console = await shown("", { asset: "harvest", set: "sources" });
  const grid = await screen.findByRole("grid", { name: "Partitions by source" });
  grid.focus();
  await console.user.keyboard(" ");
  await screen.findByText("1 partition selected");
  await console.user.keyboard("m");
  assert.deepEqual(console.parts.materialize.current(), {
    assets: ["harvest"],
    chosen: { partitions: ["iris"], count: 1 },
  });
});

test("a key that is added while the matrix is looked at appears in it", async () => {
  await using console = await shown("?form=list");
  await lines();
  const { commands } = console.rig.engine;
  await commands.addPartitions("sources", { keys: ["rocks"], actor: operator });
  await commands.addPartitions("pairs", { keys: ["rocks|eco"], actor: operator });
  await waitFor(() => assert.equal(linesNow().length, 4));
});

test("an asset without partitions, and a set without keys, say so", async () => {
  await using console = await consoleRig({ definitions, at: "/assets/harvest" });
  console.show(<PartitionGrid asset={{ key: "harvest", partitionSet: "sources" }} />);
  await screen.findByText("There is no partition of sources yet");
  console.show(<PartitionGrid asset={{ key: "plain", partitionSet: null }} />);
  await screen.findByText("It has no partitions");
});

async function cubeShown(search: string) {
  const console = await consoleRig({
    definitions,
    prepare: async (rig) => {
      await prepare(rig);
      const { commands } = rig.engine;
      await commands.addPartitions("years", { keys: ["2025", "2026"], actor: operator });
      const keys = ["iris|eco|2025", "iris|eco|2026", "obis|deep|2026"];
      await commands.addPartitions("cube", { keys, actor: operator });
      await rig.run("survey_job", "iris|eco|2025");
    },
    at: `/assets/survey${search}`,
  });
  console.show(<PartitionGrid asset={{ key: "survey", partitionSet: "cube" }} />);
  return console;
}

function saidNow(): (string | undefined)[] {
  return linesNow().map((line) => line.textContent?.replace(/just now|never|\d+ \w+ ago|in .*/, ""));
}

test("of three dimensions the first two make the matrix, and the worst of a place stands for all of the third", async () => {
  await using console = await cubeShown("?form=list");
  await lines();
  assert.deepEqual(saidNow(), ["iris × ecomissing", "obis × deepmissing"]);
  await console.rig.run("survey_job", "iris|eco|2026");
  await waitFor(() => assert.deepEqual(saidNow(), ["iris × ecomaterialized", "obis × deepmissing"]));
});

test("a key of the third dimension shows its partitions alone, live, and asks for them by their keys", async () => {
  await using console = await cubeShown("?form=list");
  await lines();
  await console.user.selectOptions(await screen.findByRole("combobox", { name: "year" }), "2026");
  assert.deepEqual(searchOf(console.address())["where"], ["year=2026"]);
  await waitFor(() => assert.deepEqual(saidNow(), ["iris × ecomissing", "obis × deepmissing"]));
  await console.rig.run("survey_job", "obis|deep|2026");
  await waitFor(() => assert.deepEqual(saidNow(), ["iris × ecomissing", "obis × deepmaterialized"]));
  await console.user.click(linesNow()[0] ?? assert.fail());
  await screen.findByText("1 partition selected");
  await console.user.keyboard("m");
  assert.deepEqual(console.parts.materialize.current(), {
    assets: ["survey"],
    chosen: { partitions: ["iris|eco|2026"], count: 1 },
  });
});

test("another dimension makes the rows, the address holds it, and what the link held of others is let go", async () => {
  await using console = await cubeShown("?form=list&row=iris&where=year%3D2025&select=%3Diris|eco");
  await lines();
  await screen.findByText("1 partition selected");
  await console.user.selectOptions(await screen.findByRole("combobox", { name: "Rows" }), "year");
  assert.deepEqual(searchOf(console.address()), { form: ["list"], rows: ["year"], columns: ["tenant"] });
  await waitFor(() =>
    assert.deepEqual(saidNow(), ["2025 × ecomaterialized", "2026 × deepmissing", "2026 × ecomissing"]),
  );
  await console.user.selectOptions(screen.getByRole("combobox", { name: "source" }), "obis");
  await waitFor(() => assert.deepEqual(saidNow(), ["2026 × deepmissing"]));
  await console.user.selectOptions(screen.getByRole("combobox", { name: "Columns" }), "year");
  await waitFor(() => assert.deepEqual(saidNow(), ["deep × 2026missing"]));
  assert.deepEqual(searchOf(console.address())["where"], ["source=obis"]);
});

test("a key that a dimension has not is said, and another one can be chosen", async () => {
  await using console = await cubeShown("?form=list&where=year%3D1999");
  await screen.findByText(/the dimension "year" has no key "1999"/);
  await console.user.selectOptions(await screen.findByRole("combobox", { name: "year" }), "2025");
  await lines();
  assert.deepEqual(saidNow(), ["iris × ecomaterialized"]);
});
