import type { BrowserContext } from "playwright-core";
import { type OpenedBrowser, openBrowser } from "../../services/browser.ts";

export interface Visit extends OpenedBrowser {
  /** Processor time of all of the browser's processes so far, in s. */
  readonly cpuSeconds: () => Promise<number>;
}

/** A browser of its own that is logged in at a server. */
export async function visit(server: { readonly url: string; readonly token: string }): Promise<Visit> {
  const opened = await openBrowser({ width: 1440, height: 900 });
  await logIn(opened.context, server);
  const session = await opened.context.browser()?.newBrowserCDPSession();
  return {
    ...opened,
    async cpuSeconds() {
      const answer = await session?.send("SystemInfo.getProcessInfo");
      return (answer?.processInfo ?? []).reduce((sum, { cpuTime }) => sum + cpuTime, 0);
    },
  };
}

export async function logIn(
  context: BrowserContext,
  { url, token }: { readonly url: string; readonly token: string },
): Promise<void> {
  const answer = await context.request.post(new URL("/api/login", url).href, {
    data: { token },
    headers: { origin: new URL(url).origin },
  });
  if (!answer.ok()) throw new Error(`the login answers ${answer.status()}: ${await answer.text()}`);
}
