import { execFile } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder } from "../rigs/temporary-folder.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const exec = promisify(execFile);
const PACK_LIMIT_MS = 3 * 60_000;

interface PackageFile {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly bin: { readonly sheaf: string };
}

/** An empty project outside of the clone, with the packed Sheaf under its `node_modules`. */
export interface InstalledPackage extends AsyncDisposable {
  readonly folder: string;
  /** The file that `npx sheaf` would run. */
  readonly command: string;
  /** Paths in the package. */
  readonly files: readonly string[];
  write(path: string, text: string): Promise<void>;
}

/**
 * Packs this clone and installs it as npm would, without a network: the archive is unpacked, and only what
 * `dependencies` names is linked beside it from the clone, so a need for a development dependency shows.
 */
export async function installedPackage(): Promise<InstalledPackage> {
  const temporary = await temporaryFolder();
  const folder = join(temporary.path, "project");
  const home = join(folder, "node_modules", "sheaf");
  await mkdir(home, { recursive: true });
  const packed = await exec("npm", ["pack", "--json", "--loglevel=error", "--pack-destination", temporary.path], {
    cwd: root,
    timeout: PACK_LIMIT_MS,
    env: environment(),
  });
  const archive = join(temporary.path, packedName(packed.stdout));
  await exec("tar", ["-xzf", archive, "--strip-components=1", "-C", home]);
  const { stdout } = await exec("tar", ["-tzf", archive]);
  const file = JSON.parse(await readFile(join(home, "package.json"), "utf8")) as PackageFile;
  for (const name of Object.keys(file.dependencies)) await linkPackage(folder, name);
  return {
    folder,
    command: join(home, file.bin.sheaf),
    files: stdout
      .trim()
      .split("\n")
      .map((path) => path.replace(/^package\//, "")),
    write: (path, text) => writeFile(join(folder, path), text),
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

export async function linkPackage(folder: string, name: string): Promise<void> {
  const link = join(folder, "node_modules", name);
  await mkdir(dirname(link), { recursive: true });
  await symlink(join(root, "node_modules", name), link);
}

/** What `prepack` prints comes before the JSON, which is an array, from npm 12 on an object by package name. */
function packedName(output: string): string {
  const name = /"filename":\s*"([^"]+\.tgz)"/.exec(output)?.[1];
  if (name === undefined) throw new Error(`npm pack named no file: ${output}`);
  return name;
}

/** Without the settings of an npm that runs this test, which would reach the one that packs. */
export function environment(given: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(?:npm_|SHEAF_|GLEANERIO_|NODE_)/i.test(name));
  return { ...Object.fromEntries(own), ...given };
}
