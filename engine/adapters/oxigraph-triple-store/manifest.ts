import { createHash } from "node:crypto";
import type { NamespaceKind } from "../../core/ports/triple-store.ts";

/**
 * What a namespace holds: the union of its files. Their statements are disjoint, so counts add up, and replacing one
 * load unit is replacing one file (and writing anew what another file held within its scope). The manifest is written
 * whole and renamed into place, which is the instant at which a change happens.
 */
export interface Manifest {
  readonly version: 1;
  readonly namespace: string;
  readonly kind: NamespaceKind;
  /** Grows with each change. */
  readonly generation: number;
  readonly files: readonly ManifestFile[];
}

export interface ManifestFile {
  /** Its name in the namespace's folder. */
  readonly name: string;
  /** The load unit; empty for statements that an update put outside of every unit. Two files may share one. */
  readonly unit: string;
  /** All of the file's statements lie within these; `[""]` where they may lie anywhere. */
  readonly prefixes: readonly string[];
  readonly statements: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly blankNodes: boolean;
}

export const LOOSE_PREFIXES: readonly string[] = [""];

export function statementsOf(manifest: Manifest): number {
  return manifest.files.reduce((sum, file) => sum + file.statements, 0);
}

/** The manifest as its file holds it: one line of JSON, and the checksum of that line. */
export function encodeManifest(manifest: Manifest): string {
  const line = JSON.stringify(manifest);
  return `${line}\n${checksum(line)}\n`;
}

/** The manifest, or why there is none in `text`. */
export function decodeManifest(text: string): Manifest | { readonly reason: string } {
  const [line = "", expected = ""] = text.split("\n");
  if (checksum(line) !== expected) return { reason: "its checksum does not fit its content" };
  const manifest = JSON.parse(line) as Manifest;
  if (manifest.version !== 1) return { reason: `it has version ${String(manifest.version)}, and this program knows 1` };
  return manifest;
}

function checksum(line: string): string {
  return createHash("sha256").update(line).digest("hex");
}
