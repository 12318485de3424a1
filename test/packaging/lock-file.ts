import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * npm 11 and 12 refuse (`npm ci`) a lock file that lacks an optional package of another platform; npm leaves these out
 * when it writes the file while `node_modules` is there (npm/cli#4828), or when the registry it asks has not got them.
 * `npm run lock` adds them: their platform is in their name, their version in the package that wants them.
 */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface MissingPackage {
  readonly name: string;
  readonly version: string;
  readonly wantedBy: string;
}

const lockFile = fileURLToPath(new URL("../../package-lock.json", import.meta.url));

export function readLockFile(): LockFile {
  return JSON.parse(readFileSync(lockFile, "utf8")) as LockFile;
}

/** Optional dependencies of locked packages that are not locked themselves. */
export function missingOptionalPackages({ packages }: LockFile): readonly MissingPackage[] {
  return Object.entries(packages).flatMap(([wantedBy, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !placesFor(name, wantedBy).some((place) => packages[place]?.version !== undefined))
      .map(([name, version]) => ({ name, version, wantedBy })),
  );
}

/** Where Node would look for `name` from a package: in its own folder, then upwards. */
function placesFor(name: string, from: string): readonly string[] {
  const places = [`${from === "" ? "" : `${from}/`}node_modules/${name}`];
  for (let at = from; at !== "";) {
    at = at.includes("/node_modules/") ? at.slice(0, at.lastIndexOf("/node_modules/")) : "";
    places.push(`${at === "" ? "" : `${at}/`}node_modules/${name}`);
  }
  return places;
}

const PLATFORM =
  /(?:^|[-/])(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)(?:-([a-z]+))?$/;

/** Packages for one system whose names do not say so in that way. */
const osOfPackage: Readonly<Record<string, string>> = {
  fsevents: "darwin",
  "napi-windows-process-start-time": "win32",
};

/** The version that a range begins with. */
function leastVersion(range: string): string {
  return range.replace(/^[~^]/, "");
}

/** The file with what is missing added; throws where a missing package's name does not tell its platform. */
export function completeLockFile(lock: LockFile): LockFile {
  const added = missingOptionalPackages(lock).map(({ name, version, wantedBy }): [string, object] => {
    const dev = lock.packages[wantedBy]?.dev === true ? { dev: true } : {};
    const known = osOfPackage[name];
    if (known !== undefined) {
      return [`node_modules/${name}`, { version: leastVersion(version), ...dev, optional: true, os: [known] }];
    }
    const [, os, cpu, abi = ""] = PLATFORM.exec(name) ?? [];
    if (os === undefined || cpu === undefined)
      throw new Error(`${name}, wanted by ${wantedBy}, is for which platform?`);
    const libc = os === "linux" && abi !== "" ? { libc: [abi.startsWith("musl") ? "musl" : "glibc"] } : {};
    return [`node_modules/${name}`, { version, cpu: [cpu], ...dev, ...libc, optional: true, os: [os] }];
  });
  const entries = [...Object.entries(lock.packages), ...added].toSorted(([a], [b]) => a.localeCompare(b, "en"));
  return { ...lock, packages: Object.fromEntries(entries) as LockFile["packages"] };
}

if (import.meta.main) writeFileSync(lockFile, `${JSON.stringify(completeLockFile(readLockFile()), null, 2)}\n`);
