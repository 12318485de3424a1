import { execFileSync } from "node:child_process";
import { cpSync, rmSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * `npm run build`, before `npm pack`: compiles to JavaScript with declarations in `dist/`, since Node strips no types
 * below `node_modules`, and puts beside it, in the same layout, what is no TypeScript: migrations, contexts, the demo,
 * and the built console. A module finds these by `import.meta.url` in a clone and in the package alike.
 */
const root = fileURLToPath(new URL("./", import.meta.url));
const copied = ["engine", "assets", "sensors", "schedules", "ui", "configs/demo"];

rmSync(`${root}dist`, { recursive: true, force: true });
execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
for (const folder of copied) {
  cpSync(root + folder, `${root}dist/${folder}`, {
    recursive: true,
    filter: (path) =>
      !path.startsWith(`${root}ui/web`) &&
      (statSync(path).isDirectory() || !/\.tsx?$|\/tsconfig\.json$/.test(path) || path.endsWith(".d.ts")),
  });
}
execFileSync(process.execPath, [`${root}node_modules/vite/bin/vite.js`, "build", "--config", "ui/web/vite.config.ts"], {
  cwd: root,
  stdio: "inherit",
});
