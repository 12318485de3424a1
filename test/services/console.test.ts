import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryFolder } from "../rigs/temporary-folder.ts";
import { openBrowser } from "./browser.ts";
import { cellPoint, consoleSession, ENDED_MS, firstPass, switchSitemap } from "./console-session.ts";
import { freePort } from "../rigs/free-port.ts";
import { startedDemo } from "./started-demo.ts";

/** How long a finger keeps a button down that is not in a hurry; lists of the demo move several times meanwhile. */
const SLOW_PRESS_MS = 400;

test("the printed link logs in, and the overview shows the first pass of the demo come and go", async () => {
  await using session = await consoleSession();
  const { page } = session;
  assert.equal(new URL(page.url()).search, "", "the code is gone from the address");
  await firstPass(page);
  assert.deepEqual(session.errors, []);
});

test("two cells that are chosen in the matrix are made: the preview says what, the backfill how far, the log how", async () => {
  await using session = await consoleSession();
  const { page } = session;
  const first = page.getByRole("region", { name: /Running now|Ended last/ }).getByRole("link", { name: /_job/ });
  await first.first().click({ timeout: ENDED_MS });
  await page.locator("h1").getByText("succeeded").waitFor({ timeout: ENDED_MS });
  await page.getByRole("link", { name: "Overview" }).click();
  await firstPass(page);
  await page
    .getByRole("region", { name: /By tenant/ })
    .getByRole("link", { name: "Matrix" })
    .click();
  const grid = page.getByRole("grid", { name: "Partitions by source and tenant" });
  await grid.waitFor();
  const cells = [await cellPoint(grid, { row: 0, column: 0 }), await cellPoint(grid, { row: 4, column: 2 })] as const;
  await page.mouse.click(cells[0].x, cells[0].y);
  await page.keyboard.down("Control");
  await page.mouse.click(cells[1].x, cells[1].y);
  await page.keyboard.up("Control");
  await page.getByText("2 partitions selected").waitFor();
  await page.waitForURL((url) => url.searchParams.getAll("select").join(" ") === "=geolab|earth =watershed|waters");
  await page.getByRole("button", { name: /Materialize 2/ }).click();
  const dialog = page.getByRole("dialog", { name: "Materialize" });
  await dialog.getByRole("region", { name: "What would run" }).getByText("2 runs of").waitFor();
  await dialog.getByRole("button", { name: "Start 2 runs" }).click();
  await page.getByText("2 of 2", { exact: true }).waitFor({ timeout: ENDED_MS });
  const runs = page.getByRole("region", { name: /^Runs/ });
  await runs
    .getByRole("row", { name: /succeeded/ })
    .nth(1)
    .waitFor();
  await runs
    .getByRole("link", { name: /upload_release/ })
    .first()
    .click();
  await page
    .getByRole("log")
    .getByText(/loaded the release of .* statements/)
    .waitFor();
  assert.deepEqual(session.errors, []);
});

test("a slow press in a list that moves leads to the run that was pressed", async () => {
  await using session = await consoleSession();
  const { page } = session;
  await page.evaluate(`
    addEventListener("pointerdown", ({ target }) => (globalThis.pressed = target.closest("a")?.href ?? null), true)
  `);
  const overview = page.url();
  const attention = page.getByRole("region", { name: /Needs attention/ });
  const first = page
    .getByRole("region", { name: /Running now/ })
    .getByRole("link", { name: /_job/ })
    .first();
  let presses = 0;
  while (presses < 3) {
    await attention.getByText("Nothing does").waitFor();
    await first.hover({ timeout: ENDED_MS });
    await page.mouse.down();
    const pressed = await page.evaluate<string | null>("globalThis.pressed");
    if (pressed !== null) await page.waitForTimeout(SLOW_PRESS_MS);
    await page.mouse.up();
    if (pressed === null) continue;
    presses++;
    await page.waitForURL(pressed);
    await page.goBack();
    await page.waitForURL(overview);
  }
  assert.deepEqual(session.errors, []);
});

test("an address that no page has says so, and leads on", async () => {
  await using session = await consoleSession();
  const { page, demo } = session;
  for (const path of ["/nonsense", "/p/nobody/runs"]) {
    const answer = await page.goto(`${demo.origin}${path}`);
    assert.equal(answer?.status(), 404);
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
    await page.getByRole("link", { name: "Go to the overview" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.waitForURL(`${demo.origin}/`);
  }
});

test("a source that fails is on the overview with its reason, and runs again from its failure at a click", async () => {
  await using session = await consoleSession();
  const { page } = session;
  await firstPass(page);
  await switchSitemap(page, "fail");
  await page.evaluate(
    `fetch("/api/jobs/summon_and_release_job/runs", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ partition: "geolab" }) })`,
  );
  const attention = page.getByRole("region", { name: /Needs attention/ });
  await attention.getByText(/500/).first().waitFor({ timeout: ENDED_MS });
  await switchSitemap(page, "work");
  await attention.getByRole("link", { name: "Why" }).first().click();
  await page.getByRole("listbox", { name: "Steps" }).waitFor();
  await page.getByRole("button", { name: "Run again from failure" }).click();
  await page.getByText("succeeded", { exact: true }).first().waitFor({ timeout: ENDED_MS });
  await page.getByText(/re-execution of/).waitFor();
  await page.getByRole("link", { name: "Overview" }).click();
  await attention.getByText("Nothing does").waitFor({ timeout: ENDED_MS });
  assert.deepEqual(session.errors, []);
});

test("a schedule is evaluated at a chosen time, and the reload and the back button keep what was chosen", async () => {
  await using session = await consoleSession();
  const { page } = session;
  await page.getByRole("link", { name: "Automation" }).click();
  await page.getByRole("link", { name: "sources_schedule" }).click();
  await page.getByRole("textbox", { name: "At", exact: true }).fill("2026-12-24T08:00");
  await page.getByRole("button", { name: /Evaluate/ }).click();
  await page.getByText("would run").first().waitFor();
  await page.reload();
  assert.equal(await page.getByRole("textbox", { name: "At", exact: true }).inputValue(), "2026-12-24T08:00");
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  const succeeded = page.getByRole("button", { name: "succeeded" });
  await succeeded.click();
  await page.waitForURL("**/runs?status=succeeded");
  await page.goBack();
  await page.waitForURL("**/runs");
  await succeeded.and(page.locator('[aria-pressed="false"]')).waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: "sources_schedule" }).waitFor();
});

test("a page says that its server was killed, and catches up by itself when it is back", async () => {
  await using folder = await temporaryFolder();
  await using stack = new AsyncDisposableStack();
  const port = await freePort();
  const settings = { SHEAF_ADMIN_TOKEN: "a-token-of-a-test-that-is-long-enough" };
  const first = stack.use(await startedDemo({ dataDir: folder.path, port, settings }));
  const { page } = stack.use(await openBrowser());
  await page.goto(first.link);
  await firstPass(page);
  await first.kill("SIGKILL");
  await page.getByText("Sheaf does not answer.").waitFor();
  stack.use(await startedDemo({ dataDir: folder.path, port, settings }));
  await page.locator('[data-connection="live"]').waitFor({ timeout: ENDED_MS });
  await page.getByText("Sheaf does not answer.").waitFor({ state: "detached" });
  const answer = await fetch(`http://127.0.0.1:${port}/api/jobs/org_names_job/runs`, {
    method: "POST",
    headers: { Authorization: `Bearer ${settings.SHEAF_ADMIN_TOKEN}`, "Content-Type": "application/json" },
    body: "{}",
  });
  assert.equal(answer.status, 201);
  const { run } = (await answer.json()) as { run: string };
  await page
    .getByRole("region", { name: /Ended last/ })
    .locator(`a[href="/runs/${run}"]`)
    .waitFor({ timeout: ENDED_MS });
});
