import { after } from "node:test";
import { tripleStoreContract } from "../../../contracts/triple-store.ts";
import { oxigraphRig } from "./support.ts";

const rig = await oxigraphRig();
after(() => rig[Symbol.asyncDispose]());

tripleStoreContract({
  open: async () => ({ store: rig.store, [Symbol.asyncDispose]: async () => undefined }),
  differences: { dotsInNames: true, updatesSeeUnion: false },
});
