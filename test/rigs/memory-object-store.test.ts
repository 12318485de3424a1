import { systemClock } from "../../engine/adapters/system-clock.ts";
import { objectStoreContract } from "../contracts/object-store.ts";
import { memoryObjectStore } from "./memory-object-store.ts";

objectStoreContract({
  async open() {
    const store = memoryObjectStore({ clock: systemClock() });
    await store.ensureBucket("gleaner");
    return { store, bucket: "gleaner", [Symbol.asyncDispose]: () => Promise.resolve() };
  },
  refusedKeys: [],
});
