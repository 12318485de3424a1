import { consoleRig } from "../../rigs/web/console.ts";
import assert from "node:assert/strict";
import test from "node:test";
import { screen, waitFor, within } from "@testing-library/react";
import { defineAsset, defineJob, defineSchedule } from "../../../engine/index.ts";
import { AutomationItemPage } from "../../../ui/web/pages/automation/automation-item-page.tsx";
import { RunPage } from "../../../ui/web/pages/run/run-page.tsx";

const names = defineAsset({
  key: "names",
  run() {
    throw new Error("the bucket is empty");
  },
});
const namesJob = defineJob({ name: "names_job", assets: [names] });
const weekly = defineSchedule({
  name: "weekly",
  cron: "0 3 * * 1",
  evaluate: () => ({ runs: [{ job: namesJob, reason: "due" }], reason: "due" }),
});
const definitions = [names, namesJob, weekly];

/** The copy buttons beside a name of the page's facts. */
function beside(name: string) {
  return within(screen.getByText(name).parentElement ?? assert.fail(`nothing stands beside ${name}`));
}

test("a run tells the command and the request that read its log and run it again", async () => {
  await using console = await consoleRig({ definitions, at: "/runs/x" });
  const { id } = await console.rig.run("names_job");
  console.show(<RunPage id={id} />);
  await screen.findByText("Run again by");
  const copied = async (name: string, what: string): Promise<string> => {
    await console.user.click(beside(name).getByRole("button", { name: `Copy ${what}` }));
    await beside(name).findByRole("button", { name: "Copied" });
    return await navigator.clipboard.readText();
  };
  assert.equal(await copied("Its log by", "the sheaf command"), `npm run sheaf -- logs -f ${id}`);
  assert.equal(
    await copied("Run again by", "the curl command"),
    `curl -X POST ${console.server.url}/api/runs/${id}/reexecute -H "Authorization: Bearer $SHEAF_TOKEN" ` +
      `-H "Content-Type: application/json" -d '{"from":"failure"}'`,
  );
});

test("an evaluation at a chosen time is copied as the request that asks for it", async () => {
  await using console = await consoleRig({ definitions, at: "/automation/weekly?at=2026-12-24T08:00:00Z" });
  console.show(<AutomationItemPage name="weekly" />);
  await console.user.click(await screen.findByRole("button", { name: "Copy the curl command" }));
  await waitFor(async () =>
    assert.match(
      await navigator.clipboard.readText(),
      /api\/schedules\/weekly\/evaluate .* -d '\{"launch":false,"at":"2026-12-24T08:00:00.000Z"\}'$/,
    ),
  );
});

test("a viewer sees what a sensor would do as not allowed, with the reason", async () => {
  await using console = await consoleRig({ definitions, role: "viewer", at: "/automation/weekly" });
  console.show(<AutomationItemPage name="weekly" />);
  const button = await screen.findByRole("button", { name: /^Evaluate/ });
  assert.equal(button.title, "This takes the role operator; viewer is viewer.");
  const toggle = screen.getByRole("switch");
  assert.match(toggle.title, /takes the role operator/);
  const said = (): readonly string[] => console.parts.toasts.current().map(({ text }) => text);
  const why = "This takes the role operator; viewer is viewer.";
  await console.user.click(button);
  assert.deepEqual(said(), [why]);
  await console.user.click(toggle);
  assert.deepEqual(said(), [why], "who tries it is told, once");
  assert.equal(console.rig.engine.queries.schedules().find(({ name }) => name === "weekly")?.enabled, true);
});
