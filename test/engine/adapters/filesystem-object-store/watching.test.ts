import assert from "node:assert/strict";
import { watch } from "node:fs";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { filesystemObjectStore } from "../../../../engine/adapters/filesystem-object-store.ts";
import { systemIds } from "../../../../engine/adapters/system-clock.ts";
import { GATHER_MS } from "../../../../engine/adapters/filesystem-object-store/folder-watch.ts";
import { manualClock } from "../../../rigs/manual-clock.ts";
import { temporaryFolder } from "../../../rigs/temporary-folder.ts";

const bucket = "gleaner";
const key = "scheduler/configs/gleanerconfig.yaml";

/** Far longer than a notice of the operating system takes. */
const LIMIT_MS = 10_000;
/** More turns of the file system than a look at the watched folders takes. */
const QUIET_ROUNDS = 30;

async function watchedStore(prefix: string) {
  const folder = await temporaryFolder();
  const directory = join(folder.path, "objects");
  const clock = manualClock();
  const store = filesystemObjectStore({ directory, clock, ids: systemIds() });
  assert.ok(store.watch !== undefined);
  let changes = 0;
  const watching = await store.watch({ bucket, prefix, onChange: () => (changes += 1) });

  /** Makes a change and waits until it has been told. */
  const tellsOf = async (change: () => Promise<unknown>): Promise<void> => {
    await untilQuiet();
    const before = changes;
    const deadlineMs = Date.now() + LIMIT_MS;
    await change();
    while (changes === before) {
      assert.ok(Date.now() < deadlineMs, "no change was told");
      await clock.advance(GATHER_MS);
    }
  };

  /** Lets the store look at all notices that have come. */
  const untilQuiet = async (): Promise<void> => {
    for (let round = 0; round < QUIET_ROUNDS; round++) {
      await clock.advance(GATHER_MS);
      await stat(folder.path);
    }
  };

  return {
    store,
    tellsOf,
    untilQuiet,
    look: () => clock.advance(GATHER_MS),
    inBucket: (path: string) => join(directory, bucket, path),
    changes: () => changes,
    stop: () => watching[Symbol.dispose](),
    async [Symbol.asyncDispose]() {
      watching[Symbol.dispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Makes a change and waits until the operating system has told of it, here as well as in the store. */
async function noticed(path: string, change: () => Promise<unknown>): Promise<void> {
  const watcher = watch(dirname(path));
  const notice = new Promise<void>((resolve) => {
    watcher.on("change", (_event, name) => {
      if (name === basename(path)) resolve();
    });
  });
  await change();
  await notice;
  watcher.close();
}

test("a put, an edit in place, an editor's replace by rename and a removal are each told", async () => {
  await using rig = await watchedStore(key);
  const { store, tellsOf, inBucket } = rig;
  await tellsOf(async () => {
    await store.ensureBucket(bucket);
    await store.put({ bucket, key, body: "1" });
  });
  await tellsOf(() => store.put({ bucket, key, body: "2" }));
  await tellsOf(() => writeFile(inBucket(key), "3"));
  await tellsOf(async () => {
    await writeFile(inBucket("scheduler/configs/.gleanerconfig.yaml.swp"), "4");
    await rename(inBucket("scheduler/configs/.gleanerconfig.yaml.swp"), inBucket(key));
  });
  await tellsOf(() => rm(inBucket(key)));
});

test("a folder that is made later, removed and made again is followed, with a look in between and without", async () => {
  await using rig = await watchedStore("scheduler/configs/");
  const { tellsOf, untilQuiet, inBucket } = rig;
  const folder = inBucket("scheduler/configs");
  for (const [removed, isLookedAt] of [
    ["nothing", false],
    ["scheduler", true],
    ["scheduler", false],
    ["", true],
    ["", false],
    ["scheduler/configs", false],
  ] as const) {
    await tellsOf(async () => {
      // The file system likes to give the new folder the inode of the old one.
      if (removed !== "nothing") await rm(inBucket(removed), { recursive: true });
      if (isLookedAt) await untilQuiet();
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "a.yaml"), "1");
    });
    await tellsOf(() => writeFile(join(folder, "b.yaml"), "1"));
  }
});

test("a folder that is made just while the store looks for it is followed", async () => {
  await using rig = await watchedStore("scheduler/configs/");
  await rig.store.ensureBucket(bucket);
  for (let turns = 0; turns < 25; turns++) {
    await rig.tellsOf(async () => {
      await mkdir(rig.inBucket("scheduler"));
      const looking = rig.look();
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      await mkdir(rig.inBucket("scheduler/configs"));
      await writeFile(rig.inBucket("scheduler/configs/a.yaml"), "1");
      await looking;
    });
    await rm(rig.inBucket("scheduler"), { recursive: true });
  }
});

test("a folder that another takes the place of is followed", async () => {
  await using rig = await watchedStore("configs/");
  const { tellsOf, inBucket } = rig;
  await tellsOf(() => mkdir(inBucket("configs"), { recursive: true }));
  await mkdir(inBucket("next"));
  await tellsOf(async () => {
    await rename(inBucket("configs"), inBucket("old"));
    await rename(inBucket("next"), inBucket("configs"));
  });
  await tellsOf(() => writeFile(inBucket("configs/a.yaml"), "1"));
});

test("a folder below the prefix is followed too, whenever it was made", async () => {
  await using rig = await watchedStore("configs/");
  const { tellsOf, inBucket } = rig;
  await tellsOf(() => mkdir(inBucket("configs/eco"), { recursive: true }));
  await tellsOf(() => writeFile(inBucket("configs/eco/a.yaml"), "1"));
  await tellsOf(() => mkdir(inBucket("configs/oih/deep"), { recursive: true }));
  await tellsOf(() => writeFile(inBucket("configs/oih/deep/a.yaml"), "1"));
});

test("an editor's files, other names and other folders are not told", async () => {
  await using rig = await watchedStore("configs/gleanerconfig");
  const { tellsOf, inBucket } = rig;
  await tellsOf(() => mkdir(inBucket("configs"), { recursive: true }));
  await tellsOf(() => writeFile(inBucket("configs/gleanerconfig.yaml"), "1"));
  await rig.untilQuiet();
  const before = rig.changes();
  await writeFile(inBucket("configs/.gleanerconfig.yaml.swp"), "1");
  await writeFile(inBucket("configs/gleanerconfig.yaml~"), "1");
  await writeFile(inBucket("elsewhere"), "1");
  await noticed(inBucket("configs/tenant.yaml"), () => writeFile(inBucket("configs/tenant.yaml"), "1"));
  await rig.untilQuiet();
  assert.equal(rig.changes(), before);
  await tellsOf(() => writeFile(inBucket("configs/gleanerconfig.yaml"), "2"));
});

test("a watch that was ended tells nothing more", async () => {
  await using rig = await watchedStore("configs/");
  const { tellsOf, inBucket } = rig;
  await tellsOf(() => mkdir(inBucket("configs"), { recursive: true }));
  await rig.untilQuiet();
  const before = rig.changes();
  // One change that is noticed, but not yet told, and one after the end.
  await noticed(inBucket("configs/a.yaml"), () => writeFile(inBucket("configs/a.yaml"), "1"));
  rig.stop();
  await noticed(inBucket("configs/b.yaml"), () => writeFile(inBucket("configs/b.yaml"), "1"));
  await rig.untilQuiet();
  assert.equal(rig.changes(), before);
});
