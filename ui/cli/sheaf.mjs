#!/usr/bin/env node
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

/** Old Node versions can read this file, and only this one. */
const NEEDED_MAJOR = 24;

if (Number(process.versions.node.split(".", 1)[0]) < NEEDED_MAJOR) {
  process.stderr.write(
    `sheaf: this is Node ${process.versions.node}, but Sheaf needs ${NEEDED_MAJOR} or newer.\n` +
      "npm ci puts Node 24 into node_modules/.bin, where npm's scripts find it: run npm start, or npx sheaf start.\n",
  );
  process.exitCode = 1;
} else {
  const source = new URL("./main.ts", import.meta.url);
  const isClone = existsSync(source);
  // What was compiled once is read from there: the next start takes half the time. Where it cannot be written, nothing is lost.
  const cache = new URL(isClone ? "../../node_modules/.cache/sheaf" : "../../../../.cache/sheaf", import.meta.url);
  module.enableCompileCache(fileURLToPath(cache));
  await import(isClone ? source.href : new URL("./main.js", import.meta.url).href);
}
