import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryFolder } from "../rigs/temporary-folder.ts";
import { type OpenedBrowser, openBrowser } from "./browser.ts";
import { freePort } from "./server-process.ts";
import { type StartedDemo, startedDemo } from "./started-demo.ts";

const ENDED_MS = 120_000;

interface Session extends AsyncDisposable {
  readonly demo: StartedDemo;
  readonly browser: OpenedBrowser;
}

/** A demo and a browser that logged in by its link. */
async function session(): Promise<Session> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const demo = stack.use(await startedDemo({ dataDir: folder.path }));
  const browser = stack.use(await openBrowser());
  await browser.page.goto(demo.link);
  await browser.page.getByRole("heading", { name: "Overview" }).waitFor();
  return { demo, browser, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test("the printed link logs in, and the overview shows the first pass of the demo come and go", async () => {
  await using opened = await session();
  const { page } = opened.browser;
  assert.equal(new URL(page.url()).search, "", "the code is gone from the address");
  const tenants = page.getByRole("region", { name: /By tenant/ });
  await tenants.getByText("5 fresh").waitFor({ timeout: ENDED_MS });
  await page
    .getByRole("region", { name: /Running now/ })
    .getByText("Nothing runs")
    .waitFor({ timeout: ENDED_MS });
  assert.deepEqual(opened.browser.errors, []);
});

test("a source that fails is on the overview with its reason, and runs again from its failure at a click", async () => {
  await using opened = await session();
  const { page } = opened.browser;
  await page
    .getByRole("region", { name: /By tenant/ })
    .getByText("5 fresh")
    .waitFor({ timeout: ENDED_MS });
  const site = await demoOrigin(page);
  await fetch(`${site}/_switch/sitemap/fail`, { method: "POST" });
  await page.evaluate(
    `fetch("/api/jobs/summon_and_release_job/runs", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ partition: "geolab" }) })`,
  );
  const attention = page.getByRole("region", { name: /Needs attention/ });
  await attention.getByText(/500/).first().waitFor({ timeout: ENDED_MS });
  await fetch(`${site}/_switch/sitemap/work`, { method: "POST" });
  await attention.getByRole("link", { name: "Why" }).first().click();
  await page.getByRole("listbox", { name: "Steps" }).waitFor();
  await page.getByRole("button", { name: "Run again from failure" }).click();
  await page.getByText("succeeded", { exact: true }).first().waitFor({ timeout: ENDED_MS });
  await page.getByText(/re-execution of/).waitFor();
  await page.getByRole("link", { name: "Overview" }).click();
  await attention.getByText("Nothing does").waitFor({ timeout: ENDED_MS });
  assert.deepEqual(opened.browser.errors, []);
});

test("a schedule is evaluated at a chosen time, and the reload and the back button keep what was chosen", async () => {
  await using opened = await session();
  const { page } = opened.browser;
  await page.getByRole("link", { name: "Automation" }).click();
  await page.getByRole("link", { name: "sources_schedule" }).click();
  await page.getByRole("textbox", { name: "At", exact: true }).fill("2026-12-24T08:00");
  await page.getByRole("button", { name: /Evaluate/ }).click();
  await page.getByText("would run").first().waitFor();
  await page.reload();
  assert.equal(await page.getByRole("textbox", { name: "At", exact: true }).inputValue(), "2026-12-24T08:00");
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await page.getByRole("button", { name: "succeeded" }).click();
  assert.equal(new URL(page.url()).search, "?status=succeeded");
  await page.goBack();
  assert.equal(new URL(page.url()).search, "");
  assert.equal(await page.getByRole("button", { name: "succeeded" }).getAttribute("aria-pressed"), "false");
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
  await page
    .getByRole("region", { name: /By tenant/ })
    .getByText("5 fresh")
    .waitFor({ timeout: ENDED_MS });
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

/** Where the demo's own sites are: the address of one of its sources' sitemaps. */
async function demoOrigin(page: OpenedBrowser["page"]): Promise<string> {
  const answer = await page.evaluate<string>(
    `fetch("/api/assets/ingest%2Fsources_all").then((answer) => answer.text())`,
  );
  const found = /http:\/\/127\.0\.0\.1:\d+/.exec(answer)?.[0];
  assert.notEqual(found, undefined, "the sources name the demo's sites");
  return found ?? "";
}
