import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { encodeProductKey } from "../../engine/index.ts";
import { hostileKeys, markup } from "../rigs/hostile/keys.ts";
import { temporaryFolder } from "../rigs/temporary-folder.ts";
import { type ConsoleSession, consoleSession, ENDED_MS } from "./console-session.ts";
import { press } from "./keyboard.ts";
import { layoutFaults } from "./page-layout.ts";

const definitions = fileURLToPath(new URL("../rigs/hostile/definitions.ts", import.meta.url));
const SHEAF_ADMIN_TOKEN = "a-token-of-a-test-that-is-long-enough";
const keys = Object.values(hostileKeys);
const { long, image, script, rightToLeft } = hostileKeys;
const MAX_TAG_CHARACTERS = 1000;

/** A server whose sources, logs, errors and metadata were written by somebody who means harm. */
async function hostileSession(): Promise<ConsoleSession> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const workspace = join(folder.path, "workspace.yaml");
  await writeFile(workspace, `projects:\n  - { name: hostile, locations: [${JSON.stringify(definitions)}] }\n`);
  const settings = { SHEAF_WORKSPACE: workspace, SHEAF_ADMIN_TOKEN };
  const session = stack.use(await consoleSession({ settings }));
  return { ...session, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

interface Answered {
  readonly error?: { readonly code: string; readonly message: string };
  readonly added?: number;
  readonly runs?: readonly string[];
  readonly backfill?: string;
}

async function post({ demo }: ConsoleSession, path: string, body: unknown): Promise<Answered> {
  const answer = await fetch(`${demo.origin}/api${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${SHEAF_ADMIN_TOKEN}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as Answered;
}

/** Adds the keys and makes everything once; two partitions fail. */
async function makeAll(session: ConsoleSession) {
  await post(session, "/partitions/sources", { keys });
  await post(session, "/partitions/tenants", { keys: ["earth", image, rightToLeft] });
  const pairs = keys.flatMap((source) => ["earth", image].map((tenant) => encodeProductKey([source, tenant])));
  assert.equal((await post(session, "/partitions/pairs", { keys: pairs })).added, pairs.length);
  const tag = markup.repeat(10).slice(0, MAX_TAG_CHARACTERS);
  const job = { job: "hostile_job", partitions: "all", tags: { [tag]: tag }, runKey: markup };
  const { backfill = "" } = await post(session, "/materialize", job);
  const runs: string[] = [];
  for (const partition of [long, script, hostileKeys.lines]) {
    const made = await post(session, "/materialize", { assets: ["hostile/page"], partitions: [partition] });
    runs.push(...(made.runs ?? []));
  }
  await post(session, "/sensors/watch/evaluate", { launch: true });
  const { page, demo } = session;
  await page.goto(`${demo.origin}/backfills/${backfill}`);
  await page.getByText(`${keys.length} of ${keys.length}`, { exact: true }).waitFor({ timeout: ENDED_MS });
  for (const run of runs) {
    await page.goto(`${demo.origin}/runs/${run}`);
    await page
      .locator("h1")
      .getByText(/succeeded|failed/)
      .waitFor({ timeout: ENDED_MS });
  }
  return { backfill, runs };
}

function addresses({ backfill, runs }: Awaited<ReturnType<typeof makeAll>>): readonly string[] {
  const selected = [long, image].map(
    (source) => `select=${encodeURIComponent(`=${encodeProductKey([source, "earth"])}`)}`,
  );
  return [
    "/",
    "/assets",
    "/assets?view=graph",
    "/assets/hostile%2Fpage",
    "/assets/hostile%2Fpage?form=list",
    "/assets/hostile%2Fpage?tab=newest",
    `/assets/hostile%2Fpage?tab=newest&partition=${encodeURIComponent(rightToLeft)}`,
    "/assets/hostile%2Fpage?tab=checks",
    "/assets/hostile%2Fload",
    "/assets/hostile%2Fload?form=list",
    `/assets/hostile%2Fload?materialize=open&${selected.join("&")}`,
    "/runs",
    "/runs?view=timeline",
    `/runs?partition=${encodeURIComponent(long)}`,
    ...runs.flatMap((run) => [`/runs/${run}`, `/runs/${run}?step=0`, `/runs/${run}?tab=events`]),
    "/backfills",
    `/backfills/${backfill}`,
    "/partitions",
    "/partitions/sources",
    "/partitions/pairs",
    "/automation",
    "/automation/watch",
    "/automation/weekly",
    "/health",
    "/health?tab=audit",
  ];
}

async function settled(page: Page): Promise<void> {
  await page.locator("main h1").waitFor();
  const loading = page.getByLabel("loading", { exact: true });
  while ((await loading.count()) > 0) await loading.first().waitFor({ state: "detached" });
}

const widths = [390, 1280];

async function fitsEverywhere(page: Page, what: string): Promise<void> {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    assert.deepEqual(await layoutFaults(page), [], `${what.slice(0, 80)} at ${width} px`);
  }
}

test("what strangers and programs say is shown as text, and breaks no page on a desk or a phone", async () => {
  await using session = await hostileSession();
  const { page, demo, errors } = session;
  const made = await makeAll(session);
  for (const path of addresses(made)) {
    const answer = await page.goto(`${demo.origin}${path}`);
    assert.doesNotMatch(answer?.headers()["content-security-policy"] ?? "unsafe-inline", /unsafe/);
    await settled(page);
    await fitsEverywhere(page, path);
    // It still answers.
    const dialog = page.getByRole("dialog");
    if ((await dialog.count()) === 0) await press(page, "?");
    await dialog.getByRole("heading").first().waitFor();
    await press(page, "Escape");
    await dialog.waitFor({ state: "detached" });
  }
  await press(page, "Control+k");
  await page.keyboard.type(image);
  await page.getByRole("option").filter({ hasText: image }).waitFor();
  await fitsEverywhere(page, "the palette");
  assert.deepEqual(errors, []);
});

test("markup, controls and long lines stand in the log, the reason and the description as what they are", async () => {
  await using session = await hostileSession();
  const { page, demo, errors } = session;
  const { runs } = await makeAll(session);
  await page.goto(`${demo.origin}/runs/${runs[1]}?level=warning`);
  const log = page.getByRole("log");
  await log.getByText(markup, { exact: true }).waitFor();
  await log
    .getByText(String.raw`\x07`)
    .first()
    .waitFor();
  await log.getByText("red", { exact: true }).waitFor();
  await page.locator("main pre").getByText(markup).first().waitFor();
  await page.goto(`${demo.origin}/assets/hostile%2Fpage?tab=newest`);
  await page.locator("main header").getByText(markup, { exact: true }).waitFor();
  await page.getByText("javascript:alert(7)").first().waitFor();
  assert.equal(await page.getByRole("link", { name: /javascript:/ }).count(), 0);
  assert.deepEqual(errors, []);
});

test("a key that is longer than the engine takes is refused with what it takes", async () => {
  await using session = await hostileSession();
  const { page, demo } = session;
  await page.goto(`${demo.origin}/partitions/sources`);
  await page.getByRole("button", { name: "Add keys" }).click();
  const dialog = page.getByRole("dialog");
  // Of 5,000 characters, and of 12,000 bytes.
  await dialog.getByRole("textbox").fill(`${long}\n${"\u{1F5FA}".repeat(3000)}`);
  await dialog.getByRole("button", { name: /^Add 2/ }).click();
  await dialog.getByText("a partition key has 1 to 8192 bytes of UTF-8; this one has 12000").waitFor();
  await dialog.getByRole("textbox").fill(long);
  await dialog.getByRole("button", { name: /^Add 1/ }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("link", { name: long }).waitFor();
  assert.deepEqual(await layoutFaults(page), []);
});
