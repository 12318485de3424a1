import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { temporaryFolder } from "../rigs/temporary-folder.ts";
import { openBrowser } from "./browser.ts";
import { startedDemo } from "./started-demo.ts";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Every page, in the states that a demo has. */
const pages = [
  "/",
  "/assets",
  "/assets?view=graph",
  "/assets/ingest%2Fupload_release?tab=partitions",
  "/assets/ingest%2Fgleanerio_run?tab=partitions",
  "/assets/ingest%2Fgleanerio_run?tab=newest",
  "/assets/ingest%2Fgleanerio_run?tab=lineage",
  "/assets/ingest%2Frelease_nabu_run?tab=checks",
  "/runs",
  "/runs?view=timeline",
  "/backfills",
  "/partitions",
  "/partitions/sources",
  "/automation",
  "/automation/sources_schedule",
  "/health",
  "/health?tab=limits",
  "/health?tab=settings",
  "/health?tab=access",
  "/health?tab=audit",
  "/design",
] as const;

/**
 * A bar is as wide as its run was long. WCAG 2.2 lets a target be small where another one of the page does the same
 * (2.5.8, "equivalent"): each run is a row of the list.
 */
const exceptions: Readonly<Partial<Record<(typeof pages)[number], readonly string[]>>> = {
  "/runs?view=timeline": ["target-size"],
};

/** What axe finds wrong with what the page shows now, one line a finding. */
async function violations(page: Page, without: readonly string[] = []): Promise<readonly string[]> {
  // The page's policy lets no script of ours in but by the debugger's own way.
  await page.evaluate(axeSource);
  const rules = Object.fromEntries(without.map((rule) => [rule, { enabled: false }]));
  const { violations: found } = await page.evaluate<AxeResults>(
    `axe.run(document, { rules: ${JSON.stringify(rules)}, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })`,
  );
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}\n  ${String(target)}\n  ${failureSummary ?? ""}`),
  );
}

for (const theme of ["light", "dark"] as const) {
  test(`no page breaks a rule of accessibility in the ${theme} theme`, async () => {
    await using folder = await temporaryFolder();
    await using demo = await startedDemo({ dataDir: folder.path });
    await using browser = await openBrowser({ theme });
    const { page } = browser;
    await page.goto(`${demo.origin}/login`);
    await page.getByLabel("Token").waitFor();
    assert.deepEqual(await violations(page), [], "/login");
    await page.goto(demo.link);
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.getByText("By tenant").waitFor();
    await page.goto(`${demo.origin}/runs`);
    await page
      .getByRole("link", { name: /summon_and_release_job/ })
      .first()
      .click();
    await page.getByRole("listbox", { name: "Steps" }).waitFor();
    assert.deepEqual(await violations(page), [], "a run");
    for (const path of pages) {
      await page.goto(`${demo.origin}${path}`);
      await page.locator("main h1").waitFor();
      const loading = page.getByLabel("loading", { exact: true });
      // The page of the design system shows what loading looks like.
      while (path !== "/design" && (await loading.count()) > 0) await loading.first().waitFor({ state: "detached" });
      assert.deepEqual(await violations(page, exceptions[path] ?? []), [], path);
    }
    for (const keys of ["/", "?"]) {
      await page.keyboard.press(keys);
      await page.getByRole("dialog").waitFor();
      assert.deepEqual(await violations(page), [], `the dialog of ${keys}`);
      await page.keyboard.press("Escape");
    }
    assert.deepEqual(browser.errors, []);
  });
}
