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
const MOST_CALLS = 120;

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
async function found(directory: string, key = "a/k"): Promise<string> {
  const store = openStore(directory);
  const details = await store.head({ bucket, key });
  const listed: string[] = [];
  for await (const item of store.list({ bucket, prefix: `${key.split("/")[0]}/` })) listed.push(item.key);
  assert.equal(listed.length, details === null ? 0 : 1);
  if (details === null) return "nothing";
  const chunks: Buffer[] = [];
  for await (const chunk of (await store.get({ bucket, key })).body) chunks.push(chunk);
  return `${Buffer.concat(chunks).toString()} with metadata ${details.metadata["version"]}`;
}

const actions = {
  put: (store: ObjectStore) => store.put({ bucket, key: "a/k", body: "new", metadata: { version: "new" } }),
  copy: (store: ObjectStore) => store.copy({ bucket, from: "other", to: "a/k" }),
  remove: (store: ObjectStore) => store.remove({ bucket, keys: ["a/k"] }),
};

/** Runs an action up to its nth call of the file system, where all stops for ever; says whether it came so far. */
async function runUpTo(nth: number, action: () => Promise<unknown>): Promise<"stopped" | "ended"> {
  const stopped = Promise.withResolvers<"stopped">();
  const ended = withFileCalls(action, (calls) => {
    if (calls.length < nth) return;
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

const together = ["a/k", "b/k", "c/k", "d/k", "e/k"];

/** Puts that the store gets in one turn. */
function putTogether(store: ObjectStore, version: string): Promise<unknown> {
  return Promise.all(together.map((key) => store.put({ bucket, key, body: version, metadata: { version } })));
}

test("puts that come together and are cut off at any point leave each object as it was, or as it was to be", async () => {
  const seen = new Set<string>();
  for (let nth = 1, outcome = "stopped"; outcome === "stopped"; nth++) {
    assert.ok(nth < MOST_CALLS, "the action ends");
    await using folder = await temporaryFolder();
    await prepare(folder.path, false);
    await putTogether(openStore(folder.path), "old");
    outcome = await runUpTo(nth, () => putTogether(openStore(folder.path), "new"));
    for (const key of together) seen.add(await found(folder.path, key));
    if (outcome === "ended") {
      for (const key of together) assert.equal(await found(folder.path, key), "new with metadata new");
    }
  }
  assert.deepEqual(seen, new Set(["old with metadata old", "new with metadata new"]));
});

test("puts that come together share synced record files, and no content takes its place before its record is synced", async () => {
  await using folder = await temporaryFolder();
  await prepare(folder.path, false);
  const store = openStore(folder.path);
  const calls = await withFileCalls(
    () => putTogether(store, "new"),
    () => undefined,
  );
  const count = (name: string, until = calls.length): number =>
    calls.slice(0, until).filter((call) => call === name).length;
  assert.ok(count("link record") > 0, calls.join("\n"));
  assert.ok(count("sync temporary") < 2 * together.length, calls.join("\n"));
  assert.equal(count("rename object"), together.length);
  for (const [at, call] of calls.entries()) {
    // Each of these objects has a folder of its own, and so has its record.
    if (call === "link record") assert.ok(count("sync temporary", at) > 1, calls.join("\n"));
    if (call === "rename object") {
      assert.ok(count("sync folder HASH of record", at) > count("rename object", at), calls.join("\n"));
    }
  }
});

test("records that share a file are replaced and removed one by one", async () => {
  await using folder = await temporaryFolder();
  await prepare(folder.path, false);
  await putTogether(openStore(folder.path), "old");
  const store = openStore(folder.path);
  await store.put({ bucket, key: "b/k", body: "new", metadata: { version: "new" } });
  await store.remove({ bucket, keys: ["c/k"] });
  const left = await Promise.all(together.map((key) => found(folder.path, key)));
  const old = "old with metadata old";
  assert.deepEqual(left, [old, "new with metadata new", "nothing", old, old]);
});

test("a file system without hard links gets a record file an object", async () => {
  await using folder = await temporaryFolder();
  await prepare(folder.path, false);
  const store = openStore(folder.path);
  const calls = await withFileCalls(
    () => putTogether(store, "new"),
    (made) => {
      if (made.at(-1) !== "link record") return;
      throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM", syscall: "link" });
    },
  );
  assert.equal(calls.filter((call) => call === "sync temporary").length, 2 * together.length, calls.join("\n"));
  for (const key of together) assert.equal(await found(folder.path, key), "new with metadata new");
});
