import { runTests } from "./test-runner.ts";

/** `npm test [-- GLOB…]`: all tests that need nothing but this clone, or those of the globs. */
const globs = process.argv.slice(2);
await runTests({
  include: globs.length > 0 ? globs : ["test/**/*.test.ts", "test/**/*.test.tsx"],
  exclude: globs.length > 0 ? [] : ["test/services/**", "test/data/**"],
});
