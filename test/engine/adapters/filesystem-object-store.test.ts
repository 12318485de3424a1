import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmod,
  cp,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { filesystemObjectStore } from "../../../engine/adapters/filesystem-object-store.ts";
import { systemIds } from "../../../engine/adapters/system-clock.ts";
import { isEngineError } from "../../../engine/core/errors.ts";
import type { ErrorCode } from "../../../engine/core/errors.ts";
import type { ObjectStore } from "../../../engine/core/ports/object-store.ts";
import { manualClock } from "../../rigs/manual-clock.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";

const bucket = "gleaner";

/** A store whose clock is `aheadMs` ahead of the files' own time, by which a file counts as settled. */
async function folderStore({ aheadMs = 60_000 } = {}) {
  const folder = await temporaryFolder();
  const clock = manualClock(Date.now() + aheadMs);
  const directory = join(folder.path, "objects");
  const open = (): ObjectStore => filesystemObjectStore({ directory, clock, ids: systemIds() });
  const store = open();
  await store.ensureBucket(bucket);
  const inBucket = (path: string): string => join(directory, bucket, path);
  return { directory, clock, store, open, inBucket, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test("an object is a plain file at its key, and nothing else is in the bucket's tree", async () => {
  await using rig = await folderStore();
  await rig.store.put({ bucket, key: "a/b.json", body: "x", contentType: "application/json", metadata: { m: "1" } });
  assert.deepEqual(await readdir(rig.inBucket(""), { recursive: true }), ["a", join("a", "b.json")]);
  assert.equal(await readFile(rig.inBucket("a/b.json"), "utf8"), "x");
});

test("an object's time is the engine's", async () => {
  await using rig = await folderStore({ aheadMs: -86_400_000 });
  const put = await rig.store.put({ bucket, key: "k", body: "x" });
  assert.equal(put.modifiedAtMs, rig.clock.now());
  assert.equal((await stat(rig.inBucket("k"))).mtimeMs, rig.clock.now());
});

test("a file dropped in by hand is an object with its MD5, a content type by its name and no metadata", async () => {
  await using rig = await folderStore();
  const { store } = rig;
  await mkdir(rig.inBucket("scheduler/configs"), { recursive: true });
  await writeFile(rig.inBucket("scheduler/configs/tenant.yaml"), "tenant: []\n");
  const details = await store.head({ bucket, key: "scheduler/configs/tenant.yaml" });
  assert.equal(details?.etag, md5("tenant: []\n"));
  assert.equal(details?.contentType, "application/yaml");
  assert.deepEqual(details?.metadata, {});
  const read = await store.get({ bucket, key: "scheduler/configs/tenant.yaml" });
  assert.equal(await text(read.body), "tenant: []\n");
  assert.deepEqual(read.details, details);
  assert.deepEqual(await listed(store), [["scheduler/configs/tenant.yaml", md5("tenant: []\n")]]);
});

test("content types are guessed by extension", async () => {
  await using rig = await folderStore();
  const expected = { "a.jsonld": "application/ld+json", "a.NQ": "application/n-quads", a: "application/octet-stream" };
  for (const [key, contentType] of Object.entries(expected)) {
    await writeFile(rig.inBucket(key), "x");
    assert.equal((await rig.store.head({ bucket, key }))?.contentType, contentType, key);
  }
});

test("an object edited by hand, with the same size too, has a new ETag and no metadata", async () => {
  await using rig = await folderStore();
  const { store } = rig;
  await store.put({ bucket, key: "k.json", body: "one", contentType: "text/plain", metadata: { m: "1" } });
  await writeFile(rig.inBucket("k.json"), "two");
  const details = await store.head({ bucket, key: "k.json" });
  assert.equal(details?.etag, md5("two"));
  assert.equal(details?.contentType, "application/json");
  assert.deepEqual(details?.metadata, {});
  assert.deepEqual(await listed(store), [["k.json", md5("two")]]);
});

test("an edit that is undone by hand brings the metadata back", async () => {
  await using rig = await folderStore();
  const { store } = rig;
  await store.put({ bucket, key: "k", body: "one", metadata: { m: "1" } });
  await writeFile(rig.inBucket("k"), "two");
  assert.deepEqual((await store.head({ bucket, key: "k" }))?.metadata, {});
  await writeFile(rig.inBucket("k"), "one");
  assert.deepEqual((await store.head({ bucket, key: "k" }))?.metadata, { m: "1" });
});

test("a store that was copied elsewhere keeps its metadata, though all inodes and times are new", async () => {
  await using rig = await folderStore();
  await using elsewhere = await temporaryFolder();
  await rig.store.put({ bucket, key: "a/k", body: "one", contentType: "text/csv", metadata: { m: "1" } });
  await cp(rig.directory, elsewhere.path, { recursive: true });
  const copied = filesystemObjectStore({ directory: elsewhere.path, clock: rig.clock, ids: systemIds() });
  const details = await copied.head({ bucket, key: "a/k" });
  assert.equal(details?.contentType, "text/csv");
  assert.deepEqual(details?.metadata, { m: "1" });
});

test("the hash of a file found by hand is kept beside the tree until the file changes", async () => {
  await using rig = await folderStore();
  const write = async (content: string, atMs: number): Promise<void> => {
    await writeFile(rig.inBucket("k"), content);
    await utimes(rig.inBucket("k"), new Date(atMs), new Date(atMs));
  };
  await write("one", 1_000);
  assert.deepEqual(await listed(rig.store), [["k", md5("one")]]);
  // Same inode, size and time: only who reads the content again could tell.
  await write("two", 1_000);
  assert.deepEqual(await listed(rig.store), [["k", md5("one")]]);
  assert.deepEqual(await listed(rig.open()), [["k", md5("one")]]);
  await write("six", 2_000);
  assert.deepEqual(await listed(rig.store), [["k", md5("six")]]);
});

test("the hash of a file modified just now is not kept, for it may change within the same tick", async () => {
  await using rig = await folderStore({ aheadMs: 0 });
  await writeFile(rig.inBucket("k"), "one");
  const now = new Date(rig.clock.now() - 1000);
  await utimes(rig.inBucket("k"), now, now);
  assert.deepEqual(await listed(rig.store), [["k", md5("one")]]);
  await writeFile(rig.inBucket("k"), "two");
  await utimes(rig.inBucket("k"), now, now);
  assert.deepEqual(await listed(rig.store), [["k", md5("two")]]);
});

test("what editors leave beside a file is no object, unless it was put", async () => {
  await using rig = await folderStore();
  const { store } = rig;
  const left = [
    ".a.yaml.swp",
    "a.yaml~",
    "4913",
    "#a.yaml#",
    ".#a.yaml",
    ".goutputstream-X1",
    ".DS_Store",
    ".~lock.a#",
  ];
  for (const name of left) await writeFile(rig.inBucket(name), "x");
  await mkdir(rig.inBucket("only-left"));
  await writeFile(rig.inBucket("only-left/a~"), "x");
  await writeFile(rig.inBucket(".hidden"), "x");
  assert.deepEqual(await keys(store), [".hidden"]);
  assert.deepEqual(await folders(store), []);
  await store.remove({ bucket, keys: left });
  for (const name of left) assert.equal(await store.head({ bucket, key: name }), null, name);
  assert.equal((await readdir(rig.inBucket(""))).length, left.length + 2, "what is no object is not removed");
  await store.put({ bucket, key: "summoned/4913", body: "x" });
  assert.deepEqual(await keys(store), [".hidden", "summoned/4913"]);
  assert.deepEqual(await folders(store), ["summoned/"]);
  await store.remove({ bucket, keys: ["summoned/4913"] });
  assert.deepEqual(await keys(store), [".hidden"]);
});

test("symbolic links, pipes and folders are no objects, and nothing is read or written through a link", async () => {
  await using rig = await folderStore();
  await using outside = await temporaryFolder();
  const { store } = rig;
  await writeFile(join(outside.path, "secret"), "x");
  await symlink(outside.path, rig.inBucket("out"));
  await symlink(join(outside.path, "secret"), rig.inBucket("file"));
  execFileSync("mkfifo", [rig.inBucket("pipe")]);
  await mkdir(rig.inBucket("empty/folder"), { recursive: true });
  for (const key of ["out/secret", "file", "pipe", "empty", "out"]) {
    assert.equal(await store.head({ bucket, key }), null, key);
    await rejectsWith(store.get({ bucket, key }), "object_not_found");
    await rejectsWith(store.copy({ bucket, from: key, to: "copied" }), "object_not_found");
    await store.remove({ bucket, keys: [key] });
  }
  await rejectsWith(store.put({ bucket, key: "out/new", body: "x" }), "object_key_refused");
  await rejectsWith(store.put({ bucket, key: "out/far/new", body: "x" }), "object_key_refused");
  assert.deepEqual(await keys(store), []);
  assert.deepEqual(await keys(store, "out/"), []);
  assert.deepEqual(await folders(store), []);
  assert.deepEqual(await readdir(outside.path), ["secret"]);
  await store.put({ bucket, key: "file", body: "replaces the link" });
  assert.equal(await readFile(join(outside.path, "secret"), "utf8"), "x");
});

test("a bucket cannot be a link or a file", async () => {
  await using rig = await folderStore();
  await using outside = await temporaryFolder();
  await symlink(outside.path, join(rig.directory, "linked"));
  await rejectsWith(rig.store.ensureBucket("linked"), "conflict");
  await rejectsWith(rig.store.put({ bucket: "linked", key: "k", body: "x" }), "not_found");
  assert.deepEqual(await readdir(outside.path), []);
});

test("a key beside one that is its folder is refused, and nothing is lost", async () => {
  await using rig = await folderStore();
  const { store } = rig;
  await store.put({ bucket, key: "a", body: "1" });
  await store.put({ bucket, key: "b/c/d", body: "2" });
  await rejectsWith(store.put({ bucket, key: "a/b", body: "x" }), "object_key_refused");
  await rejectsWith(store.put({ bucket, key: "a/b/c", body: "x" }), "object_key_refused");
  await rejectsWith(store.put({ bucket, key: "b", body: "x" }), "object_key_refused");
  await rejectsWith(store.put({ bucket, key: "b/c", body: "x" }), "object_key_refused");
  await rejectsWith(store.copy({ bucket, from: "a", to: "b" }), "object_key_refused");
  assert.deepEqual(await keys(store), ["a", "b/c/d"]);
});

test("folders that hold no file are in nobody's way", async () => {
  await using rig = await folderStore();
  await mkdir(rig.inBucket("a/b/c"), { recursive: true });
  await mkdir(rig.inBucket("a/d"), { recursive: true });
  await rig.store.put({ bucket, key: "a", body: "x" });
  assert.deepEqual(await keys(rig.store), ["a"]);
});

test("removing an object removes the folders that it leaves empty, but not the bucket", async () => {
  await using rig = await folderStore();
  await rig.store.put({ bucket, key: "a/b/c/d", body: "x" });
  await rig.store.put({ bucket, key: "a/e", body: "x" });
  await rig.store.remove({ bucket, keys: ["a/b/c/d"] });
  assert.deepEqual(await readdir(rig.inBucket(""), { recursive: true }), ["a", join("a", "e")]);
  await rig.store.remove({ bucket, keys: ["a/e"] });
  assert.deepEqual(await readdir(rig.inBucket("")), []);
});

test("puts and removes in one folder at the same time leave what was put", async () => {
  await using rig = await folderStore();
  const { store } = rig;
  for (let round = 0; round < 30; round++) {
    await store.put({ bucket, key: "a/b/old", body: "x" });
    await Promise.all([
      store.remove({ bucket, keys: ["a/b/old"] }),
      store.put({ bucket, key: "a/b/c/new", body: String(round), metadata: { round: String(round) } }),
    ]);
    const details = await store.head({ bucket, key: "a/b/c/new" });
    assert.deepEqual(details?.metadata, { round: String(round) });
    await store.remove({ bucket, keys: ["a/b/c/new"] });
  }
});

test("files left by a killed process go when they are a day old", async () => {
  await using rig = await folderStore();
  const temporary = join(rig.directory, ".sheaf-store", "temporary");
  await rig.store.put({ bucket, key: "k", body: "x" });
  assert.deepEqual(await readdir(temporary), []);
  await writeFile(join(temporary, "left"), "x");
  await rig.open().ensureBucket(bucket);
  assert.deepEqual(await readdir(temporary), ["left"]);
  await rig.clock.advance(25 * 3_600_000);
  await rig.open().ensureBucket(bucket);
  assert.deepEqual(await readdir(temporary), []);
});

test("a record file that does not parse costs the metadata, not the object", async () => {
  await using rig = await folderStore();
  await rig.store.put({ bucket, key: "k", body: "x", metadata: { m: "1" } });
  const records = join(rig.directory, ".sheaf-store", "records", bucket);
  const [shard = ""] = await readdir(records);
  await writeFile(join(records, shard, "k"), '{"records":[{"origin":"pu');
  assert.deepEqual((await rig.store.head({ bucket, key: "k" }))?.metadata, {});
  assert.equal((await rig.store.head({ bucket, key: "k" }))?.etag, md5("x"));
});

test("names that are no UTF-8 are left out of listings", async () => {
  await using rig = await folderStore();
  await writeFile(Buffer.concat([Buffer.from(rig.inBucket("bad-")), Buffer.from([0xff, 0xfe])]), "x");
  await writeFile(rig.inBucket("good"), "x");
  assert.deepEqual(await keys(rig.store), ["good"]);
});

test("an object with a hard link elsewhere is replaced, not written through", async () => {
  await using rig = await folderStore();
  await using outside = await temporaryFolder();
  await writeFile(join(outside.path, "mine"), "mine");
  await link(join(outside.path, "mine"), rig.inBucket("k"));
  await rig.store.put({ bucket, key: "k", body: "theirs" });
  assert.equal(await readFile(join(outside.path, "mine"), "utf8"), "mine");
});

test("a folder that cannot be made or written is store_unavailable and names it", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "file"), "x");
  const directory = join(folder.path, "file", "objects");
  const store = filesystemObjectStore({ directory, clock: manualClock(), ids: systemIds() });
  await rejectsWith(store.ping(), "store_unavailable", directory);
  await rejectsWith(store.ensureBucket(bucket), "store_unavailable", directory);
  await rejectsWith(store.head({ bucket, key: "k" }), "store_unavailable", directory);
  await rejectsWith(keys(store), "store_unavailable", directory);
});

test("an object that was read-only by hand is copied and replaced", async () => {
  await using rig = await folderStore();
  await writeFile(rig.inBucket("k"), "x");
  await chmod(rig.inBucket("k"), 0o444);
  await rig.store.copy({ bucket, from: "k", to: "copied" });
  await rig.store.put({ bucket, key: "k", body: "y" });
  assert.deepEqual(await listed(rig.store), [
    ["copied", md5("x")],
    ["k", md5("y")],
  ]);
});

test("an object that is replaced while it is read is read to its end as it was", async () => {
  await using rig = await folderStore();
  const { store } = rig;
  await store.put({ bucket, key: "k", body: Buffer.alloc(3_000_000, "a") });
  const { body, details } = await store.get({ bucket, key: "k" });
  await store.put({ bucket, key: "k", body: "b" });
  const read = await text(body);
  assert.equal(md5(read), details.etag);
});

test("hundreds of puts at the same time get along with 250 open files", async () => {
  await using folder = await temporaryFolder();
  const program = fileURLToPath(new URL("filesystem-object-store/crowded-puts.ts", import.meta.url));
  const shell = 'ulimit -n 250 && exec "$0" "$@"';
  assert.equal(execFileSync("sh", ["-c", shell, process.execPath, program, folder.path], { encoding: "utf8" }), "300");
});

test("a listing goes on where folders vanish under it", async () => {
  await using rig = await folderStore();
  const { store } = rig;
  for (const key of ["a/1", "b/1", "c/1"]) await store.put({ bucket, key, body: "x" });
  for (let index = 0; index < 200; index++) await writeFile(rig.inBucket(`a/x${index}`), "x");
  const found: string[] = [];
  for await (const { key } of store.list({ bucket, prefix: "" })) {
    if (found.length === 0) {
      await rm(rig.inBucket("b"), { recursive: true });
      await rename(rig.inBucket("c"), rig.inBucket("d"));
    }
    found.push(key);
  }
  assert.ok(found.includes("a/1") && found.includes("a/x199"));
  assert.ok(!found.includes("b/1"));
});

function md5(content: string): string {
  return createHash("md5").update(content).digest("hex");
}

async function listed(store: ObjectStore): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const { key, etag } of store.list({ bucket, prefix: "" })) found.push([key, etag]);
  return found;
}

async function keys(store: ObjectStore, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list({ bucket, prefix })) found.push(key);
  return found;
}

async function folders(store: ObjectStore): Promise<string[]> {
  const found: string[] = [];
  for await (const folder of store.listFolders({ bucket, prefix: "" })) found.push(folder);
  return found;
}

async function rejectsWith(call: Promise<unknown>, code: ErrorCode, mention = ""): Promise<void> {
  await assert.rejects(call, (error) => isEngineError(error, code) && error.message.includes(mention));
}
