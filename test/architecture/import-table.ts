/**
 * The layers, as a table: who may import whom (ARCHITECTURE.md, "Layers"). A path that ends in `/` stands for all
 * below it; the first row that fits a file holds for it.
 */
export interface Layer {
  readonly from: readonly string[];
  readonly mayImport: readonly string[];
}

/** The composition root and the files that it is split into: they alone bind adapters. */
export const compositionRoot: readonly string[] = [
  "ui/cli/main.ts",
  "ui/cli/compose/backup-command.ts",
  "ui/cli/compose/check-command.ts",
  "ui/cli/compose/console-build.ts",
  "ui/cli/compose/deployment.ts",
  "ui/cli/compose/dev-command.ts",
  "ui/cli/compose/offline.ts",
  "ui/cli/compose/project.ts",
  "ui/cli/compose/restore-command.ts",
  "ui/cli/compose/running.ts",
  "ui/cli/compose/start-command.ts",
  "ui/cli/compose/stores.ts",
  "ui/cli/compose/system-info.ts",
];

export const layers: readonly Layer[] = [
  { from: ["engine/core/"], mayImport: ["engine/core/"] },
  { from: ["engine/store/"], mayImport: ["engine/core/", "engine/store/"] },
  { from: ["engine/adapters/"], mayImport: ["engine/core/", "engine/adapters/"] },
  { from: ["engine/runtime/"], mayImport: ["engine/core/", "engine/store/", "engine/adapters/", "engine/runtime/"] },
  { from: ["engine/index.ts", "engine/operate.ts"], mayImport: ["engine/"] },
  { from: ["assets/"], mayImport: ["engine/index.ts", "assets/"] },
  { from: ["sensors/"], mayImport: ["engine/index.ts", "assets/", "sensors/"] },
  { from: ["schedules/"], mayImport: ["engine/index.ts", "assets/", "schedules/"] },
  { from: compositionRoot, mayImport: ["engine/operate.ts", "engine/adapters/", "assets/config/", "ui/"] },
  { from: ["ui/web/"], mayImport: ["engine/operate.ts", "ui/web/"] },
  { from: ["ui/"], mayImport: ["engine/operate.ts", "ui/"] },
];

/** What `engine/core` may take from Node: computing, no input or output, no clock. */
export const pureNodeModules: readonly string[] = ["node:crypto", "node:buffer", "node:util"];

/** Each package has one place that imports it, so that an upgrade touches one file or folder. */
export const packageHomes: Readonly<Record<string, readonly string[]>> = {
  "better-sqlite3": ["engine/store/"],
  dockerode: ["engine/adapters/docker-host.ts"],
  croner: ["engine/core/cron.ts"],
  graphology: ["engine/core/catalog.ts"],
  "fast-xml-parser": ["engine/adapters/minio-object-store/"],
  "tar-stream": ["engine/store/care/"],
  koffi: ["engine/adapters/free-memory.ts"],
  minio: ["engine/adapters/minio-object-store.ts", "engine/adapters/minio-object-store/"],
  oxigraph: ["engine/adapters/rdf-work/oxigraph.ts"],
  piscina: ["engine/adapters/piscina-workers.ts"],
  yaml: ["engine/adapters/yaml-document.ts"],
  "html-encoding-sniffer": ["assets/harvest/document/charset.ts"],
  "json-p3": ["assets/harvest/document/identifier-paths.ts"],
  jsonld: ["assets/harvest/document/json-ld.ts"],
  n3: ["assets/harvest/summary/"],
  "parse5-sax-parser": ["assets/harvest/document/html-scripts.ts"],
  "rdf-canonize": ["assets/harvest/document/canonical.ts"],
  "robots-parser": ["assets/harvest/robots.ts"],
  saxes: ["assets/harvest/sitemap/sitemap-xml.ts"],
  undici: ["assets/harvest/fetch/http-client.ts"],
  "@fastify/swagger": ["ui/server/openapi.ts"],
  ajv: ["ui/server/validation.ts"],
  "ajv-formats": ["ui/server/validation.ts"],
  cookie: ["ui/server/access/session-cookie.ts"],
  fastify: ["ui/server/"],
  "json-schema-to-ts": ["ui/server/"],
  ws: ["ui/server/live/socket.ts"],
  "@dagrejs/dagre": ["ui/web/pages/assets/graph/layout.ts"],
  "@tanstack/react-virtual": ["ui/web/"],
  anser: ["ui/web/pages/run/ansi-text.tsx"],
  react: ["ui/web/"],
  "react-dom": ["ui/web/main.tsx"],
  vite: ["ui/web/vite.config.ts"],
  "@vitejs/plugin-react": ["ui/web/vite.config.ts"],
  "@fontsource-variable/inter": ["ui/web/main.tsx"],
  "@fontsource-variable/jetbrains-mono": ["ui/web/main.tsx"],
};

/** Kept for what no import shows: it is run, or typed against. */
export const packagesNotImported: Readonly<Record<string, string>> = {
  "@types/better-sqlite3": "the declarations of the operators' door name its types",
  node: "the Node.js that runs everything, where the machine's own is older",
};
