import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { EngineError } from "../../../engine/operate.ts";

export interface ConsoleBuildParams {
  /** Told when a build begins, which takes seconds. */
  readonly onBuild: () => void;
}

/**
 * The folder of the built console. A package brings it along; a clone builds it where it is missing or older than its
 * sources, in a process of its own, since a bundler's memory would stay with the engine. Throws `config` where that
 * fails.
 */
export async function consoleFolder({ onBuild }: ConsoleBuildParams): Promise<URL> {
  const sources = new URL("../../web/", import.meta.url);
  if (!existsSync(new URL("vite.config.ts", sources))) return sources;
  const built = new URL("../../../dist/ui/web/", import.meta.url);
  const stamp = new URL(".sources", built);
  const wanted = hashOf(fileURLToPath(sources));
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return built;
  onBuild();
  await build(fileURLToPath(new URL("../../../", import.meta.url)));
  writeFileSync(stamp, wanted);
  return built;
}

async function build(root: string): Promise<void> {
  const program = path.join(root, "node_modules/vite/bin/vite.js");
  if (!existsSync(program)) {
    throw new EngineError("config", "the console is not built and its build tools are not installed; run: npm ci");
  }
  const child = spawn(process.execPath, [program, "build", "--config", "ui/web/vite.config.ts"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new EngineError("config", `the console could not be built:\n${output.trim()}`);
}

/** Of all that goes into the build; the lock file stands for the packages. */
function hashOf(folder: string): string {
  const hash = createHash("sha256");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  for (const file of [...files, path.join(folder, "../../package-lock.json")]) {
    hash
      .update(`${path.relative(folder, file)}\0`)
      .update(readFileSync(file))
      .update("\0");
  }
  return hash.digest("hex");
}
