import { consoleRig } from "../../rigs/web/console.ts";
import assert from "node:assert/strict";
import test from "node:test";
import { screen, waitFor, within } from "@testing-library/react";
import { defineAsset, defineJob, dynamicPartitions, productPartitions } from "../../../engine/index.ts";
import { type EngineRig, type Gate, gate, operator } from "../../rigs/engine.ts";
import { RunPage } from "../../../ui/web/pages/run/run-page.tsx";

const sources = dynamicPartitions("sources", { dimension: "source" });
const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
const loads = productPartitions("loads", { source: sources, tenant: tenants });
const TENANTS = 700;
const keys = Array.from({ length: TENANTS }, (_, at) => `t-${String(at).padStart(3, "0")}`);

/** A run of one step for the source and one for each of 700 tenants; those that `bad` names fail. */
function definitionsOf({ bad = [], waits }: { readonly bad?: readonly string[]; readonly waits?: Gate } = {}) {
  const harvest = defineAsset({ key: "harvest", partitions: sources, run: () => 1 });
  const upload = defineAsset({
    key: "upload",
    partitions: loads,
    deps: { harvest },
    async run({ partition, log }) {
      const tenant = partition.key.split("|")[1] ?? "";
      if (tenant === "t-650") await waits?.passed;
      if (bad.includes(tenant)) throw new Error(`the namespace of ${tenant} is full`);
      log.info(`loaded for ${tenant}`);
      return 1;
    },
  });
  return [sources, tenants, loads, harvest, upload, defineJob({ name: "load_job", assets: [harvest, upload] })];
}

async function withKeys({ engine }: EngineRig): Promise<void> {
  await engine.commands.addPartitions("sources", { keys: ["iris"], actor: operator });
  await engine.commands.addPartitions("tenants", { keys, actor: operator });
  const pairs = keys.map((tenant) => `iris|${tenant}`);
  for (let at = 0; at < pairs.length; at += 500) {
    await engine.commands.addPartitions("loads", { keys: pairs.slice(at, at + 500), actor: operator });
  }
}

test("a link to a step past those that a run carries shows that step, its reason and its log", async () => {
  await using console = await consoleRig({
    definitions: definitionsOf({ bad: ["t-650"] }),
    prepare: withKeys,
    at: "/runs/x?step=651",
  });
  const run = await console.rig.run("load_job", "iris");
  assert.equal(run.stepCounts.total, TENANTS + 1);
  console.show(<RunPage id={run.id} />);
  await screen.findByRole("heading", { name: "upload of iris|t-650" });
  screen.getByText(/^the namespace of t-650 is full/);
  await screen.findByRole("log", { name: "Log of step 651" });
});

test("steps of any number are reached by keyboard, and few rows are drawn", async () => {
  await using console = await consoleRig({ definitions: definitionsOf(), prepare: withKeys, at: "/runs/x" });
  const run = await console.rig.run("load_job", "iris");
  console.show(<RunPage id={run.id} />);
  const list = within(await screen.findByRole("listbox", { name: "Steps" }));
  await screen.findByText("701 steps");
  assert.ok(list.getAllByRole("option").length < 100);
  const [first] = list.getAllByRole("option");
  first?.focus();
  await console.user.keyboard("{End}");
  const last = await list.findByRole("option", { name: /upload iris\|t-699/ });
  await waitFor(() => assert.ok(document.activeElement === last));
  assert.deepEqual([last.getAttribute("aria-posinset"), last.getAttribute("aria-setsize")], ["701", "701"]);
  await console.user.keyboard("{Enter}");
  assert.equal(console.address(), "/runs/x?step=700");
  await screen.findByText("loaded for t-699");
});

test("a step past those that a run carries is live", async () => {
  const waits = gate();
  await using console = await consoleRig({
    definitions: definitionsOf({ waits }),
    prepare: withKeys,
    at: "/runs/x?step=651",
  });
  const id = await console.rig.start("load_job", "iris");
  await console.rig.settle();
  console.show(<RunPage id={id} />);
  const option = async (word: string): Promise<void> => {
    await waitFor(() =>
      within(screen.getByRole("option", { name: /upload iris\|t-650/ })).getByRole("img", { name: word }),
    );
  };
  await option("running");
  waits.open();
  await console.rig.ended(id);
  await option("succeeded");
});

test("the failed steps of a run are gone through one after the other", async () => {
  await using console = await consoleRig({
    definitions: definitionsOf({ bad: ["t-020", "t-690"] }),
    prepare: withKeys,
    at: "/runs/x",
  });
  const run = await console.rig.run("load_job", "iris");
  console.show(<RunPage id={run.id} />);
  const next = await screen.findByRole("button", { name: "Next of 2 failed" });
  const chosen = new Set<string>();
  for (let round = 0; round < 3; round++) {
    await console.user.click(next);
    chosen.add(console.address());
  }
  assert.equal(chosen.size, 2);
  await screen.findByRole("heading", { name: /upload of iris\|t-(020|690)/ });
});

test("steps that cannot be loaded say so, and a run that is none is told", async () => {
  await using console = await consoleRig({ definitions: definitionsOf(), prepare: withKeys, at: "/runs/x?step=651" });
  const run = await console.rig.run("load_job", "iris");
  console.breakApi(500);
  console.show(<RunPage id={run.id} />);
  await screen.findByText("Some steps cannot be loaded");
  console.show(<RunPage id="nobody" />);
  await screen.findByText("This run cannot be shown");
  screen.getByRole("link", { name: "All runs" });
});
