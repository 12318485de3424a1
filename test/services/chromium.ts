import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "../rigs/temporary-folder.ts";

const PROGRAM = "/usr/bin/chromium";
const INSTALL_LIMIT_MS = 10 * 60_000;
const PAGE_LIMIT_MS = 60_000;

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

/** Without these it asks Google's hosts for updates and components at every start. */
const QUIET_FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The page's DOM as it is `afterMs` of the page's own time after it loaded, its scripts having run. */
export async function dumpPage(url: string, { afterMs = 5_000 }: { readonly afterMs?: number } = {}): Promise<string> {
  await using profile = await temporaryFolder();
  const flags = [...QUIET_FLAGS, `--user-data-dir=${profile.path}`, `--virtual-time-budget=${afterMs}`, "--dump-dom"];
  return runChromium([...flags, url]);
}

/** Writes a PNG of the page. */
export async function screenshotPage(
  url: string,
  params: { readonly file: string; readonly afterMs?: number },
): Promise<void> {
  await using profile = await temporaryFolder();
  const flags = [
    ...QUIET_FLAGS,
    `--user-data-dir=${join(profile.path, "profile")}`,
    `--virtual-time-budget=${params.afterMs ?? 5_000}`,
    "--window-size=1280,900",
    "--hide-scrollbars",
    `--screenshot=${params.file}`,
  ];
  await runChromium([...flags, url]);
}

async function runChromium(args: readonly string[]): Promise<string> {
  const child = spawn(await chromiumProgram(), args, { stdio: ["ignore", "pipe", "pipe"], timeout: PAGE_LIMIT_MS });
  const out: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`chromium ended with ${code}: ${Buffer.concat(errors).toString().slice(-2_000)}`);
  return Buffer.concat(out).toString();
}
