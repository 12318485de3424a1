import { createHash } from "node:crypto";
import { join } from "node:path";
import { EngineError } from "../../core/errors.ts";
import { canOverlap, isCovered } from "../../core/load-scope.ts";
import type { LoadScope, RdfFormat } from "../../core/ports/triple-store.ts";
import type { Preparer } from "../rdf-work/preparer.ts";
import type {
  ChangeFiles,
  Prepared,
  PresentFile,
  PresentOutcome,
  ScopeChange,
  SortedFile,
} from "../rdf-work/protocol.ts";
import type { OxigraphLimits } from "./limits.ts";
import { statementsOf, type Manifest, type ManifestFile } from "./manifest.ts";
import type { NamespaceDisk } from "./namespace-disk.ts";
import type { NamespaceServer } from "./namespace-server.ts";

export interface LoadContext {
  readonly disk: NamespaceDisk;
  readonly preparer: Preparer;
  readonly limits: OxigraphLimits;
}

export interface LoadParams {
  readonly scope: LoadScope;
  /** A spooled body; `null` to remove the scope. */
  readonly body: { readonly path: string; readonly format: RdfFormat } | null;
  readonly signal: AbortSignal | undefined;
}

export interface LoadOutcome {
  readonly statements: number;
  readonly change: ScopeChange;
}

/**
 * Makes a body all that a namespace holds within a scope: prepares the files of the next generation beside those of
 * this one, then switches. Until the switch nothing has happened; after it everything has. Call it one at a time for
 * a namespace.
 */
export async function replaceScope(
  server: NamespaceServer,
  params: LoadParams,
  context: LoadContext,
): Promise<LoadOutcome> {
  const { disk, preparer } = context;
  const { scope, body, signal } = params;
  const { manifest } = server;
  const plan = planFiles(manifest, scope, disk);
  const changes = server.hasCopies ? changeFiles(disk) : null;
  let isHandedOver = false;
  try {
    const prepared = await preparer.run(
      "prepare",
      {
        kind: manifest.kind,
        prefixes: scope.prefixes,
        body: body === null ? null : { ...body, blankPrefix: blankPrefix(scope.unit) },
        present: plan.present.map(({ work }) => work),
        unitPath: join(plan.folder, plan.unitName),
        scratch: disk.temporaryPath(),
        changes,
      },
      signal,
    );
    signal?.throwIfAborted();
    const next = nextManifest(manifest, { scope, plan, prepared });
    refuseTooMany(next, context.limits);
    await disk.commit(next);
    isHandedOver = true;
    const canApply = !prepared.scope.blankNodes;
    await server.advance(next, canApply ? changes : null);
    if (!canApply && changes !== null) await disk.removeTemporary(Object.values(changes) as string[]);
    return { statements: prepared.unit.statements, change: prepared.scope };
  } finally {
    if (!isHandedOver) {
      await disk.removeFiles(manifest.namespace, plan.newNames);
      await disk.removeTemporary(Object.values(changes ?? {}) as string[]);
    }
  }
}

interface FilePlan {
  readonly folder: string;
  readonly unitName: string;
  readonly newNames: readonly string[];
  /** Files that may hold statements of the scope. */
  readonly present: readonly { readonly file: ManifestFile; readonly work: PresentFile; readonly restName: string }[];
}

function planFiles(manifest: Manifest, scope: LoadScope, disk: NamespaceDisk): FilePlan {
  const folder = disk.folderOf(manifest.namespace);
  const generation = String(manifest.generation + 1).padStart(8, "0");
  const unitName = `${generation}.nq`;
  const overlapping = manifest.files.filter((file) => canOverlap(file.prefixes, scope.prefixes));
  const present = overlapping.map((file, index) => {
    const restName = `${generation}-${index}.nq`;
    const restPath = isCovered(file.prefixes, scope.prefixes) ? null : join(folder, restName);
    return { file, restName, work: { path: join(folder, file.name), sha256: file.sha256, restPath } };
  });
  return { folder, unitName, newNames: [unitName, ...present.map(({ restName }) => restName)], present };
}

function changeFiles(disk: NamespaceDisk): ChangeFiles {
  return { removed: disk.temporaryPath(), added: disk.temporaryPath(), gone: disk.temporaryPath() };
}

/** The same for every load of a unit, so that what did not change in it stays the same line. */
function blankPrefix(unit: string): string {
  return `u${createHash("sha256").update(unit).digest("hex").slice(0, 12)}x`;
}

interface NextParams {
  readonly scope: LoadScope;
  readonly plan: FilePlan;
  readonly prepared: Prepared;
}

function nextManifest(manifest: Manifest, { scope, plan, prepared }: NextParams): Manifest {
  const outcomes = new Map<string, { readonly outcome: PresentOutcome; readonly restName: string }>();
  for (const [index, { file, restName }] of plan.present.entries()) {
    const outcome = prepared.present[index];
    if (outcome !== undefined) outcomes.set(file.name, { outcome, restName });
  }
  const kept = manifest.files.flatMap((file) => {
    const found = outcomes.get(file.name);
    return found === undefined ? [file] : leftOf(file, { ...found, prefixes: scope.prefixes });
  });
  const unit: ManifestFile[] =
    prepared.unit.statements === 0
      ? []
      : [{ name: plan.unitName, unit: scope.unit, prefixes: scope.prefixes, ...prepared.unit }];
  return { ...manifest, generation: manifest.generation + 1, files: [...kept, ...unit] };
}

/** What becomes of a file that may have held statements of the scope. */
function leftOf(
  file: ManifestFile,
  found: { readonly outcome: PresentOutcome; readonly restName: string; readonly prefixes: readonly string[] },
): ManifestFile[] {
  const { outcome, restName, prefixes } = found;
  switch (outcome.state) {
    case "covered":
      return [];
    case "untouched":
      return [file];
    case "rewritten":
      return withSorted({ ...file, name: restName }, outcome.rest);
    case "corrupt":
      // A unit that is loaded again is healed by it; what else was in a file that nobody can read stays reported.
      return isCovered(file.prefixes, prefixes) ? [] : [file];
    default:
      return outcome satisfies never;
  }
}

function withSorted(file: ManifestFile, sorted: SortedFile): ManifestFile[] {
  return sorted.statements === 0 ? [] : [{ ...file, ...sorted }];
}

function refuseTooMany(next: Manifest, limits: OxigraphLimits): void {
  const statements = statementsOf(next);
  if (statements <= limits.namespaceStatements) return;
  throw new EngineError(
    "too_large",
    `the namespace ${next.namespace} would hold ${statements} statements, and the embedded triplestore ends at ` +
      `${limits.namespaceStatements}: use a triplestore server`,
    { details: { limit: "namespaceStatements", namespaceStatements: limits.namespaceStatements, statements } },
  );
}
