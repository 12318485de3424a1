import assert from "node:assert/strict";
import { test } from "node:test";
import { consoleSession, ENDED_MS, firstPass, switchSitemap } from "./console-session.ts";
import { goTo, press, tabTo, untilFocused } from "./keyboard.ts";

test("by keyboard alone two cells of the matrix are chosen and made, down to the log", async () => {
  await using session = await consoleSession();
  const { page } = session;
  // The first run, as it is on the list of runs.
  await press(page, "g", "r");
  const row = page.getByRole("grid", { name: "Runs" }).getByRole("row").first();
  await row.waitFor({ timeout: ENDED_MS });
  await tabTo(page, row);
  await press(page, "Enter");
  await page.locator("h1").getByText("succeeded").waitFor({ timeout: ENDED_MS });
  await press(page, "g", "o");
  await firstPass(page);
  // The matrix.
  await goTo(page, "ingest/upload_release");
  await page.getByRole("heading", { name: "ingest/upload_release" }).waitFor();
  const grid = page.getByRole("grid", { name: "Partitions by source and tenant" });
  await tabTo(page, grid);
  await press(page, "Space");
  await press(page, "ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "Space");
  await page.getByText("2 partitions selected").waitFor();
  await page.waitForURL((url) => url.searchParams.getAll("select").join(" ") === "=geolab|earth =marine|waters");
  // The dialog takes the focus, and gives it back.
  const dialog = page.getByRole("dialog", { name: "Materialize" });
  await press(page, "m");
  await untilFocused(dialog.getByRole("radio", { name: /Those selected/ }));
  await press(page, "Escape");
  await dialog.waitFor({ state: "detached" });
  await untilFocused(grid);
  await press(page, "m");
  await dialog.getByRole("region", { name: "What would run" }).getByText("2 runs of").waitFor();
  await dialog.getByRole("button", { name: "Start 2 runs" }).waitFor();
  await press(page, "Control+Enter");
  // What came of it.
  await page.locator("main:focus").waitFor();
  await page.getByText("2 of 2", { exact: true }).waitFor({ timeout: ENDED_MS });
  await tabTo(page, page.getByRole("grid", { name: "Runs" }).getByRole("row").first());
  await press(page, "ArrowDown");
  await press(page, "Enter");
  const steps = page.getByRole("listbox", { name: "Steps" });
  await tabTo(page, steps.getByRole("option").first());
  await press(page, "Enter");
  const log = page.getByRole("log", { name: "Log of step 0" });
  await log.getByText(/loaded the release of .* statements/).waitFor();
  await tabTo(page, log);
  assert.deepEqual(session.errors, []);
});

test("by keyboard alone the matrix's list does the same", async () => {
  await using session = await consoleSession();
  const { page } = session;
  await firstPass(page);
  await goTo(page, "ingest/upload_release");
  await page.getByRole("grid", { name: "Partitions by source and tenant" }).waitFor();
  await tabTo(page, page.getByRole("group", { name: "Shown as" }).getByRole("button", { name: "List" }));
  await press(page, "Enter");
  const list = page.getByRole("listbox", { name: "Partitions" });
  await tabTo(page, list.getByRole("option").first());
  await press(page, "Space");
  await press(page, "ArrowDown", "ArrowDown", "Space");
  await page.getByText("2 partitions selected").waitFor();
  await tabTo(page, page.getByRole("button", { name: /Materialize 2/ }));
  await press(page, "Enter");
  const dialog = page.getByRole("dialog", { name: "Materialize" });
  const start = dialog.getByRole("button", { name: "Start 2 runs" });
  await start.waitFor();
  await tabTo(page, start);
  await press(page, "Enter");
  await page.getByText("2 of 2", { exact: true }).waitFor({ timeout: ENDED_MS });
  assert.deepEqual(session.errors, []);
});

test("by keyboard alone a job is run, its failure is read and run again from there", async () => {
  await using session = await consoleSession();
  const { page } = session;
  await firstPass(page);
  await switchSitemap(page, "fail");
  await goTo(page, "Run summon_and_release_job");
  const dialog = page.getByRole("dialog", { name: "Run summon_and_release_job" });
  await untilFocused(dialog.getByRole("radio", { name: "Missing" }));
  // From the first choice to the last one.
  await press(page, "ArrowUp");
  await untilFocused(dialog.getByRole("radio", { name: "All", checked: true }));
  await dialog.getByRole("button", { name: "Start 5 runs" }).waitFor();
  await press(page, "Control+Enter");
  await page.locator("main:focus").waitFor();
  await press(page, "g", "o");
  const attention = page.getByRole("region", { name: /Needs attention/ });
  await attention.getByText(/500/).first().waitFor({ timeout: ENDED_MS });
  await switchSitemap(page, "work");
  await tabTo(page, attention.getByRole("link", { name: "Why" }).first());
  await press(page, "Enter");
  await page.locator("h1").getByText("failed").waitFor();
  await page
    .getByText(/sitemap.*500/)
    .first()
    .waitFor();
  await tabTo(page, page.getByRole("button", { name: "Run again from failure" }));
  await press(page, "Enter");
  await page.getByText(/re-execution of/).waitFor();
  await page.locator("main:focus").waitFor();
  await page.locator("h1").getByText("succeeded").waitFor({ timeout: ENDED_MS });
  await press(page, "g", "o");
  await attention.getByText("Nothing does").waitFor({ timeout: ENDED_MS });
  assert.deepEqual(session.errors, []);
});

test("by keyboard alone a schedule is evaluated at a chosen time, and what was chosen outlives a reload", async () => {
  await using session = await consoleSession();
  const { page } = session;
  await press(page, "g", "u");
  await tabTo(page, page.getByRole("link", { name: "sources_schedule" }));
  await press(page, "Enter");
  const at = page.getByRole("textbox", { name: "At", exact: true });
  await tabTo(page, at);
  // The browser's own field of a time: month, day, year, hour, minute, second, morning or not.
  await page.keyboard.type("12242026");
  await press(page, "Tab");
  await page.keyboard.type("080000AM");
  await press(page, "Enter");
  await page.getByText("would run").first().waitFor();
  const chosen = "2026-12-24T08:00";
  assert.equal(await at.inputValue(), chosen);
  await page.reload();
  await at.waitFor();
  assert.equal(await at.inputValue(), chosen);
  assert.deepEqual(session.errors, []);
});

test("by keyboard alone filters are set, and the back button undoes each step and closes what lies over a page", async () => {
  await using session = await consoleSession();
  const { page } = session;
  await press(page, "g", "r");
  const succeeded = page.getByRole("button", { name: "succeeded" });
  await tabTo(page, succeeded);
  await press(page, "Space");
  await page.waitForURL("**/runs?status=succeeded");
  await succeeded.and(page.locator('[aria-pressed="true"]')).waitFor();
  await page.goBack();
  await succeeded.and(page.locator('[aria-pressed="false"]')).waitFor();
  await goTo(page, "Materialize ingest/sources_all");
  const dialog = page.getByRole("dialog", { name: "Materialize" });
  await dialog.getByText("ingest/sources_all").first().waitFor();
  await page.goBack();
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("heading", { name: "Runs" }).waitFor();
  // Opened from a page, and closed by the back button: the next one is for what it is asked for.
  await goTo(page, "ingest/sources_all");
  const open = page.getByRole("button", { name: "Materialize" });
  await tabTo(page, open);
  await press(page, "Enter");
  await dialog.waitFor();
  await page.goBack();
  await dialog.waitFor({ state: "detached" });
  await untilFocused(open);
  await goTo(page, "Materialize ingest/tenant_all");
  await dialog.getByText("ingest/tenant_all").first().waitFor();
  assert.deepEqual(session.errors, []);
});
