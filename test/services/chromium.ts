import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { promisify } from "node:util";

const PROGRAM = "/usr/bin/chromium";
const INSTALL_LIMIT_MS = 10 * 60_000;

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
