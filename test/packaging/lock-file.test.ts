import assert from "node:assert/strict";
import { test } from "node:test";
import { completeLockFile, missingOptionalPackages, readLockFile } from "./lock-file.ts";

test("the lock file holds the optional packages of every platform; if not, say npm run lock", () => {
  assert.deepEqual(missingOptionalPackages(readLockFile()), []);
});

test("the lock file names no registry", () => {
  const resolved = Object.entries(readLockFile().packages).filter(([, locked]) => "resolved" in locked);
  assert.deepEqual(resolved, []);
});

test("a missing package is added with the platform that its name tells", () => {
  const optionalDependencies = { "@x/binding-linux-x64-musl": "1.0.0", "@x/binding-darwin-arm64": "1.0.0" };
  const completed = completeLockFile({
    packages: {
      "": { version: "1.0.0" },
      "node_modules/x": { version: "1.0.0", dev: true, optionalDependencies },
      "node_modules/@x/binding-darwin-arm64": { version: "1.0.0" },
    },
  });
  assert.deepEqual(missingOptionalPackages(completed), []);
  assert.deepEqual(completed.packages["node_modules/@x/binding-linux-x64-musl"], {
    version: "1.0.0",
    cpu: ["x64"],
    dev: true,
    libc: ["musl"],
    optional: true,
    os: ["linux"],
  });
});

test("a package in the folder of the one that wants it, or above, is not missing", () => {
  const wanting = { version: "1.0.0", optionalDependencies: { y: "2.0.0" } };
  const nested = { "node_modules/a/node_modules/x": wanting, "node_modules/a/node_modules/y": { version: "2.0.0" } };
  assert.deepEqual(missingOptionalPackages({ packages: nested }), []);
  const missing = [{ name: "y", version: "2.0.0", wantedBy: "node_modules/a/node_modules/x" }];
  assert.deepEqual(missingOptionalPackages({ packages: { "node_modules/a/node_modules/x": wanting } }), missing);
});
