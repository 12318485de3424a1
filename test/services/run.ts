import { runTests } from "../test-runner.ts";
import { blazegraphProgram } from "./blazegraph.ts";
import { chromiumProgram } from "./chromium.ts";
import { minioProgram } from "./minio.ts";

/**
 * `npm run test:services [-- GLOB…]`: the tests that need real servers. What is missing is installed or built first
 * (as root, by apt-get; MinIO by Go, Blazegraph by Maven), since a test's own time limit is no time for that.
 * A test that is skipped fails the run.
 */
const globs = process.argv.slice(2);
console.log(`blazegraph: ${(await blazegraphProgram()).jar}`);
console.log(`chromium: ${await chromiumProgram()}`);
console.log(`minio: ${await minioProgram()}`);
await runTests({
  include: globs.length > 0 ? globs : ["test/services/**/*.test.ts"],
  concurrency: 1,
  failOnSkip: true,
});
