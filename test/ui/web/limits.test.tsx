import { consoleRig } from "../../rigs/web/console.ts";
import assert from "node:assert/strict";
import test from "node:test";
import { screen, waitFor } from "@testing-library/react";
import { defineAsset } from "../../../engine/index.ts";
import { operator } from "../../rigs/engine.ts";
import { Limits } from "../../../ui/web/pages/health/limits.tsx";

const definitions = [defineAsset({ key: "harvest", pool: "harvest", run: () => 1 })];
const prepare = async ({ engine }: Awaited<ReturnType<typeof consoleRig>>["rig"]): Promise<void> => {
  await engine.commands.setLimit({ kind: "pool", key: "harvest", value: "", maximum: 3 }, operator);
};

test("an operator changes a limit, and it holds at once", async () => {
  await using console = await consoleRig({ definitions, prepare });
  console.show(<Limits />);
  const maximum = await screen.findByDisplayValue("3");
  await console.user.clear(maximum);
  await console.user.type(maximum, "5");
  await console.user.click(screen.getByRole("button", { name: "Set" }));
  await screen.findByDisplayValue("5");
  const limits = console.rig.engine.queries.limits();
  assert.equal(limits.find(({ key }) => key === "harvest")?.maximum, 5);
});

test("a viewer reads a limit and gets no field to change it in", async () => {
  await using console = await consoleRig({ definitions, prepare, role: "viewer" });
  console.show(<Limits />);
  const maximum = await screen.findByText("3");
  await waitFor(() => assert.match(maximum.title, /takes the role operator/));
  assert.ok(screen.queryByRole("textbox") === null);
  screen.getByText(/takes the role operator/);
});
