import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../rigs/temporary-folder.ts";
import { environment } from "../packaging/installed-package.ts";
import { openPage } from "./chromium.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A started demo: its printed link, and how to end it. */
async function startedDemo(dataDir: string): Promise<AsyncDisposable & { readonly link: string }> {
  const child = spawn(process.execPath, ["ui/cli/sheaf.mjs", "start"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: environment({ SHEAF_DATA_DIR: dataDir, SHEAF_PORT: "0" }),
  });
  const exited = once(child, "exit");
  child.stderr.resume();
  const seen: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    seen.push(line);
    const link = /http:\/\/127\.0\.0\.1:\d+\/login\?code=\S+/.exec(line)?.[0];
    if (link === undefined) continue;
    child.stdout.resume();
    return {
      link,
      async [Symbol.asyncDispose]() {
        child.kill("SIGTERM");
        await exited;
      },
    };
  }
  throw new Error(`sheaf start printed no link: ${seen.join("\n")}`);
}

test("the printed link logs in, and the page shows the demo become whole while it is open", async () => {
  await using folder = await temporaryFolder();
  await using demo = await startedDemo(folder.path);
  await using page = await openPage();
  await page.goTo(demo.link);
  await page.until('document.getElementById("connection")?.dataset.state === "live"');
  for (const source of ["iris", "marine", "watershed", "obis", "geolab"]) {
    await page.until(`document.body.innerText.includes(${JSON.stringify(source)})`);
  }
  assert.equal(await page.evaluate('location.search.includes("code")'), false, "the code is gone from the address");
  assert.deepEqual(page.errors, []);
});
