import { consoleRig } from "../../rigs/web/console.ts";
import assert from "node:assert/strict";
import test from "node:test";
import { screen, waitFor, within } from "@testing-library/react";
import { defineAsset, dynamicPartitions } from "../../../engine/index.ts";
import { type EngineRig, type Gate, gate, operator } from "../../rigs/engine.ts";
import { BackfillPage } from "../../../ui/web/pages/backfills/backfill-page.tsx";
import { BackfillsPage } from "../../../ui/web/pages/backfills/backfills-page.tsx";

const sources = dynamicPartitions("sources", { dimension: "source" });

/** An asset whose steps wait at the gate; "dead" fails. */
function definitionsAt(waits: Gate) {
  const harvest = defineAsset({
    key: "harvest",
    partitions: sources,
    async run({ partition, signal }) {
      await Promise.race([
        waits.passed,
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      ]);
      if (partition.key === "dead") throw new Error("its sitemap answered 500");
      return 1;
    },
  });
  return [sources, harvest];
}

async function begun({ engine }: EngineRig): Promise<string> {
  await engine.commands.addPartitions("sources", { keys: ["dead", "iris", "obis", "rocks"], actor: operator });
  const { backfill } = await engine.commands.materialize({ assets: ["harvest"], partitions: "all" }, operator);
  return backfill ?? assert.fail("four runs make a backfill");
}

test("a list without backfills says what makes one, and shows it once it is there", async () => {
  const waits = gate();
  await using console = await consoleRig({ definitions: definitionsAt(waits), at: "/backfills" });
  console.show(<BackfillsPage />);
  await screen.findByText("There was no backfill yet");
  const id = await begun(console.rig);
  const link = await screen.findByRole("link", { name: "harvest" });
  assert.equal(link.getAttribute("href"), `/backfills/${id}`);
  waits.open();
  await console.rig.endedBackfill(id);
  await screen.findByText("4 of 4, 1 failed");
  await console.user.click(screen.getByRole("button", { name: "succeeded" }));
  await screen.findByText("None of the loaded backfills is that");
  await console.user.click(screen.getByRole("button", { name: "succeeded" }));
  await screen.findByText("4 of 4, 1 failed");
});

test("a backfill is watched to its end; what failed in it is run again from its failure", async () => {
  const waits = gate();
  await using console = await consoleRig({ definitions: definitionsAt(waits), at: "/backfills/x" });
  const id = await begun(console.rig);
  console.show(<BackfillPage id={id} />);
  await screen.findByText("0 of 4");
  await screen.findByText(/under way/);
  assert.equal(screen.getByRole("button", { name: /Run failed again/ }).title, "None of its runs failed.");
  waits.open();
  await console.rig.endedBackfill(id);
  await screen.findByText("4 of 4");
  await screen.findByRole("img", { name: "runs: 3 succeeded, 1 failed" });
  await console.user.click(screen.getByRole("button", { name: /Run failed again/ }));
  const dialog = within(await screen.findByRole("dialog"));
  await console.user.click(dialog.getByRole("button", { name: "Run 1 run again" }));
  await waitFor(() => assert.equal(console.parts.toasts.current()[0]?.text, "1 run run again."));
  const { items } = await console.rig.engine.queries.runs({ partition: "dead" });
  assert.equal(items.length, 2);
});

test("the runs of a backfill filter by status, kept in the address", async () => {
  const waits = gate();
  waits.open();
  await using console = await consoleRig({ definitions: definitionsAt(waits), at: "/backfills/x?status=failed" });
  const id = await begun(console.rig);
  await console.rig.endedBackfill(id);
  console.show(<BackfillPage id={id} />);
  const grid = within(await screen.findByRole("grid", { name: "Runs" }));
  assert.equal((await grid.findAllByRole("row")).length, 1);
  await console.user.click(screen.getByRole("button", { name: "failed" }));
  await waitFor(() => assert.equal(grid.getAllByRole("row").length, 4));
  assert.equal(console.address(), "/backfills/x");
});

test("a backfill is canceled after a question, and what was not made never starts", async () => {
  const waits = gate();
  await using console = await consoleRig({ definitions: definitionsAt(waits), at: "/backfills/x" });
  const id = await begun(console.rig);
  console.show(<BackfillPage id={id} />);
  await console.user.click(await screen.findByRole("button", { name: /^Cancel/ }));
  const dialog = within(await screen.findByRole("dialog"));
  await console.user.click(dialog.getByRole("button", { name: "Leave it" }));
  assert.equal(console.rig.engine.queries.backfill(id).endedAt, null);
  await console.user.click(screen.getByRole("button", { name: /^Cancel/ }));
  await console.user.click(await screen.findByRole("button", { name: "Cancel the backfill" }));
  const ended = await console.rig.endedBackfill(id);
  assert.deepEqual([ended.status, ended.canceled], ["canceled", 4]);
  await screen.findByRole("img", { name: "runs: 4 canceled" });
});

test("an id that is none, and a viewer's role, are told", async () => {
  const waits = gate();
  await using console = await consoleRig({ definitions: definitionsAt(waits), role: "viewer", at: "/backfills/x" });
  console.show(<BackfillPage id="nobody" />);
  await screen.findByText("This backfill cannot be shown");
  const id = await begun(console.rig);
  console.show(<BackfillPage id={id} />);
  assert.match((await screen.findByRole("button", { name: /^Cancel/ })).title, /takes the role operator/);
  waits.open();
});
