import { join } from "node:path";
import type { UpdateParams } from "../../core/ports/triple-store.ts";
import type { SortedFile, UnitTarget } from "../rdf-work/protocol.ts";
import type { OxigraphLimits } from "./limits.ts";
import { LOOSE_PREFIXES, type Manifest, type ManifestFile } from "./manifest.ts";
import type { NamespaceDisk } from "./namespace-disk.ts";
import type { NamespaceServer } from "./namespace-server.ts";

export interface UpdateContext {
  readonly disk: NamespaceDisk;
  readonly limits: OxigraphLimits;
}

/**
 * Evaluates an update on one copy, writes the whole namespace as its next generation, and switches to it. The copy
 * shows the new state before it is on disk, so nobody else is let to it until then; where anything fails it is killed,
 * and with it all that the update did. Call it one at a time for a namespace.
 */
export async function runUpdate(server: NamespaceServer, params: UpdateParams, context: UpdateContext): Promise<void> {
  const { disk, limits } = context;
  await server.request(async (thread, copy) => {
    const { manifest } = server;
    const plan = planFiles(server, disk);
    let isChanged = false;
    let isCommitted = false;
    try {
      const { files } = await thread.call(
        "update",
        {
          update: params.update,
          units: plan.targets,
          loosePath: join(plan.folder, plan.looseName),
          scratch: disk.temporaryPath(),
        },
        {
          timeoutMs: params.timeoutMs ?? limits.evaluationMs,
          memoryBytes: limits.evaluationBytes,
          signal: params.signal,
          onEvaluated: () => {
            isChanged = true;
          },
        },
      );
      const next = nextManifest(manifest, plan, files);
      await disk.commit(next);
      isCommitted = true;
      await server.adopt(next, copy);
    } finally {
      if (!isCommitted) {
        if (isChanged) await copy.end();
        await disk.removeFiles(manifest.namespace, plan.newNames);
      }
    }
  }, params.signal);
}

interface SnapshotPlan {
  readonly folder: string;
  /** One for each unit, in the order of the manifest. */
  readonly units: readonly ManifestFile[];
  readonly targets: readonly UnitTarget[];
  readonly looseName: string;
  readonly newNames: readonly string[];
  /** Files that could not be read, and so are in no copy: they stay as they are, and reported. */
  readonly unread: readonly ManifestFile[];
}

function planFiles(server: NamespaceServer, disk: NamespaceDisk): SnapshotPlan {
  const { manifest, corrupt } = server;
  const folder = disk.folderOf(manifest.namespace);
  const generation = String(manifest.generation + 1).padStart(8, "0");
  const unread = manifest.files.filter(({ name }) => corrupt.has(name));
  const units = manifest.files.filter(({ name, unit }) => !corrupt.has(name) && unit !== "");
  const names = units.map((_, index) => `${generation}-${index}.nq`);
  const looseName = `${generation}.nq`;
  return {
    folder,
    units,
    targets: units.map(({ prefixes }, index) => ({ prefixes, path: join(folder, names[index] ?? "") })),
    looseName,
    newNames: [...names, looseName],
    unread,
  };
}

function nextManifest(manifest: Manifest, plan: SnapshotPlan, files: readonly (SortedFile | null)[]): Manifest {
  const written = plan.newNames.flatMap((name, index): ManifestFile[] => {
    const file = files[index];
    if (file === undefined || file === null) return [];
    const unit = plan.units[index] ?? { unit: "", prefixes: LOOSE_PREFIXES };
    return [{ name, unit: unit.unit, prefixes: unit.prefixes, ...file }];
  });
  return { ...manifest, generation: manifest.generation + 1, files: [...plan.unread, ...written] };
}
