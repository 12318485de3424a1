import { layOutAny } from "./choose-layout.ts";
import type { LayoutRequest } from "./layout.ts";

/** Lays graphs out off the main thread: the page goes on while thousands of boxes find their places. */
addEventListener("message", ({ data }: MessageEvent<LayoutRequest>) => {
  postMessage(layOutAny(data));
});
