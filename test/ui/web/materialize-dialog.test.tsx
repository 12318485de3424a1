import { consoleRig, type ConsoleRigParams } from "../../rigs/web/console.ts";
import assert from "node:assert/strict";
import test from "node:test";
import { screen, waitFor, within } from "@testing-library/react";
import { defineAsset, dynamicPartitions, productPartitions } from "../../../engine/index.ts";
import { type EngineRig, operator } from "../../rigs/engine.ts";
import { MaterializeHost } from "../../../ui/web/materialize/materialize-host.tsx";

const sources = dynamicPartitions("sources", { dimension: "source" });
const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
const pairs = productPartitions("pairs", { source: sources, tenant: tenants });
const release = defineAsset({ key: "release", partitions: sources, run: () => 1 });
const upload = defineAsset({ key: "load/upload", partitions: pairs, deps: { release }, run: () => 1 });
const names = defineAsset({ key: "names", run: () => [] });
const definitions = [sources, tenants, pairs, release, upload, names];

async function prepare({ engine }: EngineRig): Promise<void> {
  await engine.commands.addPartitions("sources", { keys: ["iris", "obis"], actor: operator });
  await engine.commands.addPartitions("tenants", { keys: ["deep", "eco"], actor: operator });
  await engine.commands.addPartitions("pairs", { keys: ["iris|eco", "obis|eco", "obis|deep"], actor: operator });
}

/** The dialog as an address opens it. */
async function opened(at: string, params: Partial<ConsoleRigParams> = {}) {
  const console = await consoleRig({ definitions, prepare, at, ...params });
  console.show(<MaterializeHost />);
  const dialog = within(await screen.findByRole("dialog"));
  return { console, dialog };
}

test("two selected partitions are previewed, started as a backfill and gone to", async () => {
  const { console, dialog } = await opened(
    "/assets/load%2Fupload?materialize=open&select=%3Diris|eco&select=%3Dobis|deep",
  );
  await using _ = console;
  await dialog.findByText("2 runs of 2 steps in all");
  assert.equal(dialog.getAllByText("iris|eco").length, 2, "among the keys, and in the first run");
  await console.user.click(dialog.getByRole("button", { name: /Start 2 runs/ }));
  await waitFor(() => assert.match(console.address(), /^\/backfills\//));
  const id = console.address().slice("/backfills/".length);
  const backfill = await console.rig.endedBackfill(id);
  assert.deepEqual([backfill.total, backfill.succeeded], [2, 2]);
  assert.equal(console.rig.engine.queries.assetPartition("load/upload", "obis|eco").status, "missing");
});

test("what lies upstream comes along once asked for, in waves", async () => {
  const { console, dialog } = await opened("/assets/load%2Fupload?materialize=open&select=%3Diris|eco");
  await using _ = console;
  await dialog.findByText("1 run of 1 step in all");
  await console.user.click(dialog.getByRole("checkbox", { name: /upstream/ }));
  await dialog.findByText(/^2 runs of 2 steps/);
  assert.ok(dialog.getByText("Wave 2"));
  assert.ok(dialog.getByText(/^A backfill in 2 waves/));
});

test("a single run is started by Ctrl and Enter, and its page opened", async () => {
  const { console, dialog } = await opened("/assets/names?materialize=open");
  await using _ = console;
  await dialog.findByText("1 run of 1 step in all");
  assert.equal(dialog.queryByRole("radio", { name: /Missing/ }), null);
  await console.user.keyboard("{Control>}{Enter}{/Control}");
  await waitFor(() => assert.match(console.address(), /^\/runs\//));
  const run = await console.rig.ended(console.address().slice("/runs/".length));
  assert.equal(run.status, "succeeded");
});

test("tags and priority that were unfolded reach the run", async () => {
  const { console, dialog } = await opened("/assets/names?materialize=open");
  await using _ = console;
  await console.user.click(dialog.getByText("Tags, priority, run key"));
  await console.user.type(dialog.getByLabelText("Tags"), "team=eco");
  await console.user.type(dialog.getByLabelText("Priority"), "x");
  assert.ok(await dialog.findByText("A whole number, higher goes first."));
  await console.user.clear(dialog.getByLabelText("Priority"));
  await console.user.type(dialog.getByLabelText("Priority"), "7");
  await console.user.click(await dialog.findByRole("button", { name: /Start 1 run/ }));
  await waitFor(() => assert.match(console.address(), /^\/runs\//));
  const run = console.rig.engine.queries.run(console.address().slice("/runs/".length));
  assert.deepEqual([run.tags, run.priority], [{ team: "eco" }, 7]);
});

test("what the server refuses is said in the dialog, which stays open", async () => {
  const { console, dialog } = await opened("/assets/load%2Fupload?materialize=open&select=%3Dnobody|eco");
  await using _ = console;
  assert.match((await dialog.findByRole("alert")).textContent ?? "", /has no key "nobody\|eco"/);
  const start = dialog.getByRole("button", { name: /Materialize/ });
  assert.equal(start.getAttribute("aria-disabled"), "true");
  await console.user.click(dialog.getByRole("radio", { name: /All/ }));
  await dialog.findByText("3 runs of 3 steps in all");
});

test("a server that fails at the last moment leaves the dialog open, saying so", async () => {
  const { console, dialog } = await opened("/assets/names?materialize=open");
  await using _ = console;
  await dialog.findByText("1 run of 1 step in all");
  console.breakApi(503);
  await console.user.click(dialog.getByRole("button", { name: /Start 1 run/ }));
  assert.match((await dialog.findByRole("alert")).textContent ?? "", /Not started.*broken/);
  console.breakApi(null);
  await console.user.click(dialog.getByRole("button", { name: /Start 1 run/ }));
  await waitFor(() => assert.match(console.address(), /^\/runs\//));
});

test("nothing to do is said, and cannot be started", async () => {
  const { console, dialog } = await opened("/assets/load%2Fupload?materialize=open");
  await using _ = console;
  await dialog.findByText("3 runs of 3 steps in all");
  await console.user.click(dialog.getByRole("radio", { name: /Failed/ }));
  await dialog.findByText("Nothing would run");
  await console.user.keyboard("{Control>}{Enter}{/Control}");
  assert.equal((await console.rig.engine.queries.runs({})).items.length, 0);
});

test("a viewer is told who may start, and nothing is asked of the server", async () => {
  const { console, dialog } = await opened("/assets/names?materialize=open", { role: "viewer" });
  await using _ = console;
  assert.match((await dialog.findByRole("alert")).textContent ?? "", /This takes the role operator/);
  const start = dialog.getByRole("button", { name: /Materialize/ });
  assert.equal(start.getAttribute("aria-disabled"), "true");
});

test("closing it takes it out of the address and leaves the rest there", async () => {
  const { console, dialog } = await opened("/assets/names?tab=partitions&materialize=open");
  await using _ = console;
  await console.user.click(dialog.getByRole("button", { name: "Cancel" }));
  await waitFor(() => assert.ok(screen.queryByRole("dialog") === null));
  assert.equal(console.address(), "/assets/names?tab=partitions");
});
