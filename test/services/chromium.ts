import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { WebSocket } from "ws";
import { temporaryFolder } from "../rigs/temporary-folder.ts";

const PROGRAM = "/usr/bin/chromium";
const INSTALL_LIMIT_MS = 10 * 60_000;
const WAIT_LIMIT_MS = 60_000;
const POLL_MS = 50;

/** The path of Debian's chromium, which is installed where it is missing and this is root. */
export async function chromiumProgram(): Promise<string> {
  const isThere = await access(PROGRAM).then(
    () => true,
    () => false,
  );
  if (isThere) return PROGRAM;
  if (process.getuid?.() !== 0) throw new Error("there is no chromium; install Debian's package of that name");
  const run = promisify(execFile);
  const options = { timeout: INSTALL_LIMIT_MS, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  await run("apt-get", ["update", "-q"], options);
  await run("apt-get", ["install", "-y", "-q", "--no-install-recommends", "chromium"], options);
  return PROGRAM;
}

/** A browser with one page, driven by the DevTools protocol; gone at the end of an `await using`. */
export interface BrowserPage extends AsyncDisposable {
  goTo(url: string): Promise<void>;
  /** The value of a JavaScript expression in the page, as JSON. */
  evaluate(expression: string): Promise<unknown>;
  /** Resolves when the expression is true in the page; throws with what the page shows where it never is. */
  until(expression: string): Promise<void>;
  /** Writes a PNG of what is seen. */
  screenshot(file: string): Promise<void>;
  /** Errors that scripts of the page did not catch, and what it logged as one. */
  readonly errors: readonly string[];
}

/** Without the last ones it asks Google's hosts for updates and components at every start. */
const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--hide-scrollbars",
  "--remote-debugging-port=0",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface OpenPageParams {
  readonly width?: number;
  readonly height?: number;
}

export async function openPage({ width = 1280, height = 900 }: OpenPageParams = {}): Promise<BrowserPage> {
  const profile = await temporaryFolder();
  const flags = [...FLAGS, `--window-size=${width},${height}`, `--user-data-dir=${join(profile.path, "profile")}`];
  const browser = spawn(await chromiumProgram(), [...flags, "about:blank"], { stdio: ["ignore", "ignore", "pipe"] });
  const exited = once(browser, "exit");
  const address = await debuggingAddress(createInterface(browser.stderr));
  const targets = (await (await fetch(`http://${new URL(address).host}/json`)).json()) as PageTarget[];
  const target = targets.find(({ type }) => type === "page");
  if (target === undefined) throw new Error("chromium opened no page");
  const errors: string[] = [];
  const session = await openSession(target.webSocketDebuggerUrl, errors);
  for (const domain of ["Page", "Runtime", "Log"]) await session.send(`${domain}.enable`, {});
  const evaluate = async (expression: string): Promise<unknown> => {
    const { result } = (await session.send("Runtime.evaluate", { expression, returnByValue: true })) as EvaluateAnswer;
    return result.value;
  };
  return {
    errors,
    evaluate,
    goTo: async (url) => void (await session.send("Page.navigate", { url })),
    async until(expression) {
      const deadline = Date.now() + WAIT_LIMIT_MS;
      while ((await evaluate(expression)) !== true) {
        if (Date.now() > deadline) {
          throw new Error(`never true: ${expression}; the page: ${String(await evaluate("document.body.innerText"))}`);
        }
        await pause(POLL_MS);
      }
    },
    async screenshot(file) {
      const { data } = (await session.send("Page.captureScreenshot", { format: "png" })) as { data: string };
      await writeFile(file, data, "base64");
    },
    async [Symbol.asyncDispose]() {
      session.close();
      browser.kill("SIGKILL");
      await exited;
      await profile[Symbol.asyncDispose]();
    },
  };
}

interface PageTarget {
  readonly type: string;
  readonly webSocketDebuggerUrl: string;
}

interface EvaluateAnswer {
  readonly result: { readonly value?: unknown };
}

async function debuggingAddress(lines: AsyncIterable<string>): Promise<string> {
  const seen: string[] = [];
  for await (const line of lines) {
    const address = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
    if (address !== undefined) return address;
    seen.push(line);
  }
  throw new Error(`chromium did not start: ${seen.join("\n").slice(-2_000)}`);
}

interface Session {
  send(method: string, params: object): Promise<unknown>;
  close(): void;
}

interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly method?: string;
  readonly params?: {
    readonly exceptionDetails?: { readonly exception?: { readonly description?: string } };
    readonly entry?: { readonly level: string; readonly text: string; readonly url?: string };
  };
}

async function openSession(address: string, errors: string[]): Promise<Session> {
  const socket = new WebSocket(address);
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let last = 0;
  socket.on("message", (data: Buffer) => {
    const message = JSON.parse(data.toString()) as Message;
    const { exceptionDetails, entry } = message.params ?? {};
    if (exceptionDetails !== undefined) errors.push(exceptionDetails.exception?.description ?? "an exception");
    if (entry?.level === "error") errors.push(`${entry.text} ${entry.url ?? ""}`.trim());
    if (message.id === undefined) return;
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error === undefined) call?.resolve(message.result);
    else call?.reject(new Error(message.error.message));
  });
  await once(socket, "open");
  return {
    send(method, params) {
      const call = Promise.withResolvers<unknown>();
      waiting.set(++last, call);
      socket.send(JSON.stringify({ id: last, method, params }));
      return call.promise;
    },
    close: () => socket.terminate(),
  };
}
