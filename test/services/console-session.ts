import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { temporaryFolder } from "../rigs/temporary-folder.ts";
import { type OpenBrowserParams, openBrowser } from "./browser.ts";
import { type StartedDemo, startedDemo } from "./started-demo.ts";

/** For what the engine does in the background: a first pass over the demo's sites takes some seconds. */
export const ENDED_MS = 120_000;

/** A server and a browser that logged in by its link; both are gone at the end of an `await using`. */
export interface ConsoleSession extends AsyncDisposable {
  readonly demo: StartedDemo;
  readonly page: Page;
  /** See `OpenedBrowser`. */
  readonly errors: readonly string[];
}

export interface ConsoleSessionParams extends OpenBrowserParams {
  readonly settings?: Readonly<Record<string, string>>;
}

export async function consoleSession({
  settings = {},
  ...browserParams
}: ConsoleSessionParams = {}): Promise<ConsoleSession> {
  const stack = new AsyncDisposableStack();
  try {
    const folder = stack.use(await temporaryFolder());
    const demo = stack.use(await startedDemo({ dataDir: folder.path, settings }));
    const { page, errors } = stack.use(await openBrowser(browserParams));
    await page.goto(demo.link);
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    return { demo, page, errors, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Until the demo has harvested and loaded all of its sites, as the overview tells. */
export async function firstPass(page: Page): Promise<void> {
  const tenants = page.getByRole("region", { name: /By tenant/ });
  await tenants.getByText("5 fresh").waitFor({ timeout: ENDED_MS });
  await page
    .getByRole("region", { name: /Running now/ })
    .getByText("Nothing runs")
    .waitFor({ timeout: ENDED_MS });
}

/** Where the demo's own sites are. */
export async function demoSites(page: Page): Promise<string> {
  const answer = await page.evaluate<string>(
    `fetch("/api/assets/ingest%2Fsources_all").then((answer) => answer.text())`,
  );
  const found = /http:\/\/127\.0\.0\.1:\d+/.exec(answer)?.[0];
  assert.ok(found !== undefined, "the sources name the demo's sites");
  return found;
}

/** Lets a source of the demo fail, or work again. */
export async function switchSitemap(page: Page, to: "fail" | "work"): Promise<void> {
  const answer = await fetch(`${await demoSites(page)}/_switch/sitemap/${to}`, { method: "POST" });
  assert.equal(answer.status, 200);
}

/** The edge of a cell of a matrix that has few rows, px. */
const CELL_PX = 22;

/** Where a cell of the matrix lies: it is a picture, whose last cell ends where the picture ends. */
export async function cellPoint(grid: Locator, at: { readonly row: number; readonly column: number }) {
  const rows = Number(await grid.getAttribute("aria-rowcount"));
  const columns = Number(await grid.getAttribute("aria-colcount"));
  const box = await grid.locator("> div[aria-hidden]").boundingBox();
  assert.ok(box !== null, "the matrix is shown");
  return {
    x: box.x + box.width - (columns - at.column - 0.5) * CELL_PX,
    y: box.y + box.height - (rows - at.row - 0.5) * CELL_PX,
  };
}
