import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { filesystemObjectStore } from "../../../../engine/adapters/filesystem-object-store.ts";
import { systemClock, systemIds } from "../../../../engine/adapters/system-clock.ts";
import type { ObjectStore } from "../../../../engine/core/ports/object-store.ts";
import { temporaryFolder } from "../../../rigs/temporary-folder.ts";
import { withFileCalls } from "./file-calls.ts";

const bucket = "gleaner";
const program = fileURLToPath(new URL("killed-call.ts", import.meta.url));

/** More calls than any action makes; reaching it fails the test. */
const MOST_CALLS = 40;

function openStore(directory: string): ObjectStore {
  return filesystemObjectStore({ directory, clock: systemClock(), ids: systemIds() });
}

async function prepare(directory: string, withOld: boolean): Promise<void> {
  const store = openStore(directory);
  await store.ensureBucket(bucket);
  await store.put({ bucket, key: "other", body: "new", metadata: { version: "new" } });
  if (withOld) await store.put({ bucket, key: "a/k", body: "old", metadata: { version: "old" } });
}

/** What a reader makes of the object after a crash: content and metadata by the same name, or nothing. */
async function found(directory: string): Promise<string> {
  const store = openStore(directory);
  const details = await store.head({ bucket, key: "a/k" });
  const listed: string[] = [];
  for await (const { key } of store.list({ bucket, prefix: "a/" })) listed.push(key);
  assert.equal(listed.length, details === null ? 0 : 1);
  if (details === null) return "nothing";
  const chunks: Buffer[] = [];
  for await (const chunk of (await store.get({ bucket, key: "a/k" })).body) chunks.push(chunk);
  return `${Buffer.concat(chunks).toString()} with metadata ${details.metadata["version"]}`;
}

const actions = {
  put: (store: ObjectStore) => store.put({ bucket, key: "a/k", body: "new", metadata: { version: "new" } }),
  copy: (store: ObjectStore) => store.copy({ bucket, from: "other", to: "a/k" }),
  remove: (store: ObjectStore) => store.remove({ bucket, keys: ["a/k"] }),
};

/** Runs an action up to its nth call of the file system, where it stops for ever; says whether it came so far. */
async function runUpTo(nth: number, action: () => Promise<unknown>): Promise<"stopped" | "ended"> {
  const stopped = Promise.withResolvers<"stopped">();
  const ended = withFileCalls(action, (calls) => {
    if (calls.length !== nth) return;
    stopped.resolve("stopped");
    return new Promise(() => undefined);
  });
  return Promise.race([stopped.promise, ended.then(() => "ended" as const)]);
}

for (const [action, withOld, before, after] of [
  ["put", true, "old with metadata old", "new with metadata new"],
  ["put", false, "nothing", "new with metadata new"],
  ["copy", true, "old with metadata old", "new with metadata new"],
  ["remove", true, "old with metadata old", "nothing"],
] as const) {
  test(`a ${action} that is cut off at any point leaves ${before}, or ${after}`, async () => {
    const seen: string[] = [];
    for (let nth = 1, outcome = "stopped"; outcome === "stopped"; nth++) {
      assert.ok(nth < MOST_CALLS, "the action ends");
      await using folder = await temporaryFolder();
      await prepare(folder.path, withOld);
      outcome = await runUpTo(nth, () => actions[action](openStore(folder.path)));
      seen.push(await found(folder.path));
      // Whatever is left behind is in nobody's way.
      await openStore(folder.path).put({ bucket, key: "a/k", body: "next", metadata: { version: "next" } });
      assert.equal(await found(folder.path), "next with metadata next");
    }
    const turn = seen.indexOf(after);
    assert.ok(turn > 0, seen.join(", "));
    assert.deepEqual(new Set(seen.slice(0, turn)), new Set([before]));
    assert.deepEqual(new Set(seen.slice(turn)), new Set([after]));
  });
}

for (const [call, expected] of [
  ["rename object", "old with metadata old"],
  ["sync folder a of object", "new with metadata new"],
] as const) {
  test(`a process that is killed before its put's ${call} leaves ${expected}`, async () => {
    await using folder = await temporaryFolder();
    await prepare(folder.path, true);
    const { signal } = spawnSync(process.execPath, [program, folder.path, call]);
    assert.equal(signal, "SIGKILL");
    assert.equal(await found(folder.path), expected);
  });
}

async function callsOf(action: keyof typeof actions, withOld: boolean): Promise<readonly string[]> {
  await using folder = await temporaryFolder();
  await prepare(folder.path, withOld);
  const store = openStore(folder.path);
  await store.ping();
  return await withFileCalls(
    () => actions[action](store),
    () => undefined,
  );
}

test("a put syncs content and record before they take their places, the record's first, and their folders after", async () => {
  assert.deepEqual(await callsOf("put", true), [
    "create temporary",
    "write temporary",
    "sync temporary",
    "create temporary",
    "write temporary",
    "sync temporary",
    "rename record",
    "sync folder HASH of record",
    "rename object",
    "sync folder a of object",
  ]);
});

test("a put syncs each folder that it makes into the one above it", async () => {
  const calls = await callsOf("put", false);
  assert.ok(calls.includes("sync folder gleaner of object"), calls.join("\n"));
  assert.ok(calls.includes("sync folder gleaner of record"), calls.join("\n"));
});

test("a removed object's record goes only when the removal has been synced", async () => {
  const calls = await callsOf("remove", true);
  const synced = calls.findIndex((call) => call.startsWith("sync folder") && call.endsWith("of object"));
  assert.ok(synced > calls.indexOf("unlink object") && calls.includes("unlink object"), calls.join("\n"));
  assert.ok(calls.indexOf("unlink record") > synced, calls.join("\n"));
});
