import { consoleRig } from "../../rigs/web/console.ts";
import assert from "node:assert/strict";
import test from "node:test";
import { act, screen, waitFor, within } from "@testing-library/react";
import { defineAsset, defineJob, dynamicPartitions } from "../../../engine/index.ts";
import { type EngineRig, type Gate, gate, operator } from "../../rigs/engine.ts";
import { usePlace } from "../../../ui/web/app/console.tsx";
import { EndWatch } from "../../../ui/web/app/end-watch.tsx";
import { ToastRegion } from "../../../ui/web/app/toast-region.tsx";
import { RunPage } from "../../../ui/web/pages/run/run-page.tsx";
import { RunsPage } from "../../../ui/web/pages/runs/runs-page.tsx";

const sources = dynamicPartitions("sources", { dimension: "source" });

/** Steps wait at the gate; "dead" and "dead-2" fail. */
function definitionsAt(waits: Gate) {
  const harvest = defineAsset({
    key: "harvest",
    partitions: sources,
    async run({ partition }) {
      await waits.passed;
      if (partition.key.startsWith("dead")) throw new Error("its sitemap answered 500");
      return 1;
    },
  });
  return [sources, harvest, defineJob({ name: "harvest_job", assets: [harvest] })];
}

async function withKeys({ engine }: EngineRig): Promise<void> {
  await engine.commands.addPartitions("sources", { keys: ["dead", "dead-2", "iris", "obis"], actor: operator });
}

/** The news, and the page of a run where the address is one's. */
function Console() {
  const { route } = usePlace();
  return (
    <>
      <EndWatch />
      <ToastRegion />
      {route?.page === "run" && <RunPage id={route.id} />}
      {route?.page === "runs" && <RunsPage />}
    </>
  );
}

test("a run that was looked at while it went on is told of elsewhere, and no run of others is", async () => {
  const waits = gate();
  await using console = await consoleRig({ definitions: definitionsAt(waits), prepare: withKeys });
  const mine = await console.rig.start("harvest_job", "dead");
  await console.rig.start("harvest_job", "iris");
  console.parts.navigation.go({ page: "run", id: mine });
  console.show(<Console />);
  await waitFor(() => assert.deepEqual([...console.parts.following.current().runs], [mine]));
  act(() => console.parts.navigation.go({ page: "overview" }));
  waits.open();
  await console.rig.ended(mine);
  const region = screen.getByRole("region", { name: "News" });
  assert.equal(region.getAttribute("aria-live"), "polite");
  const news = within(region);
  const link = await news.findByRole("link", { name: "Show" });
  assert.equal(link.getAttribute("href"), `/runs/${mine}`);
  news.getByText(/harvest_job of dead failed: .*its sitemap answered 500/);
  assert.equal(console.parts.toasts.current().length, 1);
});

test("a run that ends on its own page is not told of besides", async () => {
  const waits = gate();
  await using console = await consoleRig({ definitions: definitionsAt(waits), prepare: withKeys });
  const mine = await console.rig.start("harvest_job", "iris");
  console.parts.navigation.go({ page: "run", id: mine });
  console.show(<Console />);
  await waitFor(() => assert.equal(console.parts.following.current().runs.size, 1));
  waits.open();
  await console.rig.ended(mine);
  await waitFor(() => assert.equal(console.parts.following.current().runs.size, 0));
  assert.deepEqual(console.parts.toasts.current(), []);
});

test("runs that were run again together are told of once", async () => {
  const waits = gate();
  waits.open();
  await using console = await consoleRig({ definitions: definitionsAt(waits), prepare: withKeys, at: "/runs" });
  for (const source of ["iris", "dead", "dead-2"]) await console.rig.run("harvest_job", source);
  console.show(<Console />);
  for (const name of ["iris", "dead", "dead-2"]) {
    await console.user.click(await screen.findByRole("checkbox", { name: `Select harvest_job ${name}` }));
  }
  await console.user.click(screen.getByRole("button", { name: /Run again from failure 2/ }));
  await screen.findByText("2 runs that you started ended, 2 of them failed.");
});

test("a followed run that ended while the console was not told is asked for", async () => {
  const waits = gate();
  waits.open();
  await using console = await consoleRig({ definitions: definitionsAt(waits), prepare: withKeys });
  const mine = await console.rig.run("harvest_job", "iris");
  for (let at = 0; at < 100; at++) await console.rig.run("harvest_job", "obis");
  console.parts.following.followRuns([mine.id, "a run that is gone"]);
  console.show(<Console />);
  await waitFor(() => assert.equal(console.parts.following.current().runs.size, 0));
  await screen.findByText(/harvest_job of iris succeeded/);
});
