import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";

/** More presses than any page needs from its main part to a control of it. */
const MAX_PRESSES = 80;

/** One key after the other; `Control+Enter` is one. */
export async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** Waits until it has the focus, and holds that one can see that. */
export async function untilFocused(control: Locator): Promise<void> {
  const page = control.page();
  await control.and(page.locator(":focus")).waitFor();
  assertMarked(await focusedStop(page));
}

/** Presses Tab until the control has the focus; each stop on the way can be seen. */
export async function tabTo(page: Page, control: Locator): Promise<void> {
  await control.first().waitFor();
  const stops: string[] = [];
  for (let press = 0; press < MAX_PRESSES; press++) {
    await page.keyboard.press("Tab");
    const stop = await focusedStop(page);
    // Past the last control the focus is the browser's own.
    if (stop === null) continue;
    stops.push(stop.name);
    assertMarked(stop);
    if ((await control.and(page.locator(":focus")).count()) > 0) return;
  }
  assert.fail(`${control.toString()} is not reached by Tab: ${stops.join(" → ")}`);
}

/** Goes to something by its name: the palette, some letters, Enter. */
export async function goTo(page: Page, words: string): Promise<void> {
  await press(page, "Control+k");
  const palette = page.getByRole("dialog", { name: "Go to" });
  await untilFocused(palette.getByRole("combobox"));
  await page.keyboard.type(words);
  await palette.getByRole("option", { selected: true }).filter({ hasText: words }).waitFor();
  await press(page, "Enter");
  await palette.waitFor({ state: "detached" });
}

interface Stop {
  readonly name: string;
  readonly isMarked: boolean;
}

function assertMarked(stop: Stop | null): void {
  assert.ok(stop?.isMarked, `the focus cannot be seen on ${stop?.name ?? "the page"}`);
}

/** The control that has the focus: what it is, and whether that can be seen. */
async function focusedStop(page: Page): Promise<Stop | null> {
  return await page.evaluate(`(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return null;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const text = element.getAttribute("aria-label") ?? element.textContent.trim();
    return {
      name: element.localName + " " + JSON.stringify(text.slice(0, 40)),
      isMarked: element.matches(":focus-visible") && outlineStyle !== "none" && outlineWidth !== "0px",
    };
  })()`);
}
