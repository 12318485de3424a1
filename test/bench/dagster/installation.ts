import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

export const DAGSTER_VERSION = "1.13.27";

const run = promisify(execFile);

/** A virtual environment with Dagster from PyPI, in a folder that keeps it for the next time. Returns its `bin`. */
export async function installDagster(folder: string): Promise<string> {
  const venv = join(folder, `venv-${DAGSTER_VERSION}`);
  const bin = join(venv, "bin");
  const isInstalled = existsSync(join(bin, "dagster-webserver")) && existsSync(join(bin, "dagster-daemon"));
  if (isInstalled) return bin;
  await mkdir(folder, { recursive: true });
  console.error(`installing Dagster ${DAGSTER_VERSION} into ${venv}`);
  await run("python3", ["-m", "venv", venv]);
  await run(join(bin, "pip"), [
    "install",
    "--quiet",
    "--disable-pip-version-check",
    `dagster==${DAGSTER_VERSION}`,
    "dagster-webserver",
  ]);
  return bin;
}
