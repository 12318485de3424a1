import { layOutLarge } from "./layered-layout.ts";
import { type Layout, layOut, type LayoutRequest } from "./layout.ts";

/** Over this many boxes dagre takes seconds. */
export const MAX_TIGHT_NODES = 300;

export function layOutAny(request: LayoutRequest): Layout {
  return request.nodes.length > MAX_TIGHT_NODES ? layOutLarge(request) : layOut(request);
}
