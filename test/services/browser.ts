import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { chromiumProgram } from "./chromium.ts";

/** Without the last ones it asks Google's hosts for updates and components at every start. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Where something would run or load that the policy of the pages does not let. */
const POLICY_WATCH = `document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  console.error("policy: " + violatedDirective + " " + blockedURI))`;

export interface OpenBrowserParams {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: "light" | "dark";
}

/** Debian's chromium with one page; gone at the end of an `await using`. */
export interface OpenedBrowser extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors that scripts of the page did not catch, what it logged as one, breaches of its policy, and dialogs. */
  readonly errors: readonly string[];
}

export async function openBrowser(params: OpenBrowserParams = {}): Promise<OpenedBrowser> {
  const { width = 1280, height = 900, theme = "light" } = params;
  const browser: Browser = await chromium.launch({ executablePath: await chromiumProgram(), args: FLAGS });
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme });
  await context.addInitScript(POLICY_WATCH);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("dialog", (dialog) => {
    errors.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  return {
    page,
    context,
    errors,
    async [Symbol.asyncDispose]() {
      await browser.close();
    },
  };
}
