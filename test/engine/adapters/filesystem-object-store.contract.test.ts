import { systemClock, systemIds } from "../../../engine/adapters/system-clock.ts";
import { filesystemObjectStore } from "../../../engine/adapters/filesystem-object-store.ts";
import { objectStoreContract } from "../../contracts/object-store.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";

objectStoreContract({
  async open() {
    const folder = await temporaryFolder();
    const store = filesystemObjectStore({ directory: folder.path, clock: systemClock(), ids: systemIds() });
    await store.ensureBucket("gleaner");
    return { store, bucket: "gleaner", [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
  },
  refusedKeys: [
    ".",
    "..",
    "../x",
    "a/../../x",
    "a/./b",
    "/a",
    "a/",
    "a//b",
    "nul\0",
    "n".repeat(256),
    `${"é".repeat(128)}/x`,
    "ok/below",
    "ok/far/below",
  ],
});
