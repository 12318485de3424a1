import { readFileSync } from "node:fs";
import { createRequire, registerHooks } from "node:module";
import type * as oxc from "oxc-transform";
import { fileURLToPath } from "node:url";

/**
 * Lets Node load the console's modules: `.tsx` is transformed, a stylesheet's classes are named as they are written.
 * Loaded into each test's process; it costs nothing where no such module is imported.
 */
const require = createRequire(import.meta.url);

registerHooks({
  load(url, context, nextLoad) {
    if (url.endsWith(".tsx")) {
      const { transformSync } = require("oxc-transform") as Pick<typeof oxc, "transformSync">;
      const file = fileURLToPath(url);
      const { code, errors } = transformSync(file, readFileSync(file, "utf8"), {
        jsx: { runtime: "automatic", development: false },
        sourcemap: false,
      });
      const [error] = errors;
      if (error !== undefined) throw new SyntaxError(`${file}: ${error.message}`);
      return { format: "module", source: code, shortCircuit: true };
    }
    if (url.endsWith(".css")) {
      const source = "export default new Proxy({}, { get: (_classes, name) => String(name) });";
      return { format: "module", source, shortCircuit: true };
    }
    return nextLoad(url, context);
  },
});
