import { mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../../core/errors.ts";
import type { IdSource } from "../../core/ports/time.ts";
import { folderSync, makeFolder } from "../filesystem-object-store/durable-files.ts";
import { isAbsent, unlessAbsent } from "../filesystem-object-store/file-errors.ts";
import { bodyChunks } from "../object-store/body-chunks.ts";
import { decodeManifest, encodeManifest, type Manifest } from "./manifest.ts";

/**
 * `<directory>/namespaces/<name>/` holds `manifest` and the files that it names; `<directory>/temporary/` what is
 * being written. A namespace is made and dropped by renaming its folder, changed by renaming its manifest; each is on
 * the disk before the next step begins. What no manifest names is swept when the store opens.
 */
export interface NamespaceDisk {
  /** Sweeps what a kill has left, and reads every manifest. */
  open(): Promise<readonly FoundNamespace[]>;
  /** Reads every manifest, and makes and removes nothing. */
  look(): Promise<readonly FoundNamespace[]>;
  folderOf(namespace: string): string;
  make(manifest: Manifest): Promise<void>;
  /** Switches a namespace to a new generation, whose files are written and synced. */
  commit(manifest: Manifest): Promise<void>;
  drop(namespace: string): Promise<void>;
  removeFiles(namespace: string, names: readonly string[]): Promise<void>;
  /** A path for what lives only as long as a call. */
  temporaryPath(): string;
  removeTemporary(paths: readonly string[]): Promise<void>;
  /** Writes a body to a temporary file. Throws `too_large` past `mostBytes`. */
  spool(body: AsyncIterable<Uint8Array>, options: SpoolOptions): Promise<string>;
}

export interface SpoolOptions {
  readonly mostBytes: number;
  readonly signal: AbortSignal | undefined;
}

export type FoundNamespace =
  | { readonly state: "sound"; readonly manifest: Manifest }
  | { readonly state: "damaged"; readonly namespace: string; readonly file: string; readonly reason: string };

/** The instants between which a kill can fall; a test stops the process at each. */
export type DiskStep =
  | "body spooled"
  | "namespace written"
  | "namespace made"
  | "namespace moved away"
  | "manifest written"
  | "manifest switched"
  | "old files removed";

export interface DiskParams {
  readonly directory: string;
  readonly ids: IdSource;
  readonly onStep: (step: DiskStep) => void | Promise<void>;
}

const MANIFEST = "manifest";

export function namespaceDisk({ directory, ids, onStep }: DiskParams): NamespaceDisk {
  const sync = folderSync();
  const namespaces = join(directory, "namespaces");
  const temporary = join(directory, "temporary");
  const folderOf = (namespace: string): string => join(namespaces, namespace);
  const temporaryPath = (): string => join(temporary, ids.uuid());

  const writeManifest = async (folder: string, name: string, manifest: Manifest): Promise<void> => {
    await writeFile(join(folder, name), encodeManifest(manifest), { flush: true });
  };

  const look = async (): Promise<readonly FoundNamespace[]> => {
    const found: FoundNamespace[] = [];
    for (const entry of (await unlessAbsent(readdir(namespaces, { withFileTypes: true }))) ?? []) {
      if (entry.isDirectory()) found.push(await readNamespace(folderOf(entry.name), entry.name));
    }
    return found;
  };

  return Object.freeze({
    folderOf,
    temporaryPath,
    look,

    async open() {
      await makeFolder(namespaces, sync);
      await rm(temporary, { recursive: true, force: true });
      await makeFolder(temporary, sync);
      const found = await look();
      for (const one of found) if (one.state === "sound") await sweep(folderOf(one.manifest.namespace), one.manifest);
      return found;
    },

    async make(manifest: Manifest) {
      const folder = temporaryPath();
      await mkdir(folder);
      await writeManifest(folder, MANIFEST, manifest);
      await sync(folder);
      await onStep("namespace written");
      await rename(folder, folderOf(manifest.namespace));
      await sync(namespaces);
      await onStep("namespace made");
    },

    async commit(manifest: Manifest) {
      const folder = folderOf(manifest.namespace);
      await sync(folder);
      await writeManifest(folder, `${MANIFEST}.next`, manifest);
      await onStep("manifest written");
      await rename(join(folder, `${MANIFEST}.next`), join(folder, MANIFEST));
      await sync(folder);
      await onStep("manifest switched");
    },

    async drop(namespace: string) {
      const grave = temporaryPath();
      await rename(folderOf(namespace), grave);
      await sync(namespaces);
      await onStep("namespace moved away");
      await rm(grave, { recursive: true, force: true });
    },

    async removeFiles(namespace: string, names: readonly string[]) {
      for (const name of names) await rm(join(folderOf(namespace), name), { force: true });
      if (names.length > 0) await onStep("old files removed");
    },

    async removeTemporary(paths: readonly string[]) {
      for (const path of paths) await rm(path, { force: true });
    },

    async spool(body: AsyncIterable<Uint8Array>, { mostBytes, signal }: SpoolOptions) {
      const path = temporaryPath();
      const file = await open(path, "wx");
      let bytes = 0;
      try {
        for await (const chunk of bodyChunks(body, signal)) {
          bytes += chunk.byteLength;
          if (bytes > mostBytes) throw tooLarge(mostBytes);
          await file.appendFile(chunk);
        }
      } catch (error) {
        await file.close();
        await rm(path, { force: true });
        throw error;
      }
      await file.close();
      await onStep("body spooled");
      return path;
    },
  });
}

async function readNamespace(folder: string, namespace: string): Promise<FoundNamespace> {
  const file = join(folder, MANIFEST);
  const read = await readManifest(file);
  if ("reason" in read) return { state: "damaged", namespace, file, reason: read.reason };
  if (read.namespace !== namespace) {
    return { state: "damaged", namespace, file, reason: `it is of the namespace ${read.namespace}` };
  }
  return { state: "sound", manifest: read };
}

async function sweep(folder: string, manifest: Manifest): Promise<void> {
  const named = new Set([MANIFEST, ...manifest.files.map(({ name }) => name)]);
  for (const entry of await readdir(folder)) {
    if (!named.has(entry)) await rm(join(folder, entry), { recursive: true, force: true });
  }
}

async function readManifest(file: string): Promise<Manifest | { readonly reason: string }> {
  try {
    return decodeManifest(await readFile(file, "utf8"));
  } catch (error) {
    if (isAbsent(error)) return { reason: "it is missing" };
    throw error;
  }
}

function tooLarge(mostBytes: number): EngineError {
  return new EngineError("too_large", `the load has more than ${mostBytes} bytes: use a triplestore server`, {
    details: { limit: "bodyBytes", bodyBytes: mostBytes },
  });
}
