/**
 * The layers, as a table: who may import whom (ARCHITECTURE.md, "Layers"). A path that ends in `/` stands for all
 * below it; the first row that fits a file holds for it.
 */
export interface Layer {
  readonly from: readonly string[];
  readonly mayImport: readonly string[];
}

/** The composition root and the files that it is split into: they alone bind adapters. */
export const compositionRoot: readonly string[] = ["ui/cli/main.ts"];

export const layers: readonly Layer[] = [
  { from: ["engine/core/"], mayImport: ["engine/core/"] },
  { from: ["engine/store/"], mayImport: ["engine/core/", "engine/store/"] },
  { from: ["engine/adapters/"], mayImport: ["engine/core/", "engine/adapters/"] },
  { from: ["engine/runtime/"], mayImport: ["engine/core/", "engine/store/", "engine/adapters/", "engine/runtime/"] },
  { from: ["engine/index.ts", "engine/operate.ts"], mayImport: ["engine/"] },
  { from: ["assets/"], mayImport: ["engine/index.ts", "assets/"] },
  { from: ["sensors/"], mayImport: ["engine/index.ts", "assets/", "sensors/"] },
  { from: ["schedules/"], mayImport: ["engine/index.ts", "assets/", "schedules/"] },
  { from: compositionRoot, mayImport: ["engine/operate.ts", "engine/adapters/", "ui/"] },
  { from: ["ui/web/"], mayImport: ["engine/operate.ts", "ui/web/"] },
  { from: ["ui/"], mayImport: ["engine/operate.ts", "ui/"] },
];

/** What `engine/core` may take from Node: computing, no input or output, no clock. */
export const pureNodeModules: readonly string[] = ["node:crypto", "node:buffer", "node:util"];

/** Each package has one place that imports it, so that an upgrade touches one file or folder. */
export const packageHomes: Readonly<Record<string, readonly string[]>> = {
  "better-sqlite3": ["engine/store/"],
  croner: ["engine/core/cron.ts"],
  graphology: ["engine/core/catalog.ts"],
};

/** Kept for what no import shows: it is run, or typed against. */
export const packagesNotImported: Readonly<Record<string, string>> = {
  node: "the Node.js that runs everything, where the machine's own is older",
};
