import { type Asset, defineAsset } from "../../../engine/index.ts";
import { seededRandom } from "../../rigs/seeded-random.ts";

const LAYERS = 20;
const PER_LAYER = 100;
const GROUPS = 40;
const SEED = 2000;
/** How far aside in the layer before an asset's inputs lie, at most. */
const REACH = 6;

/** 2,000 assets in layers: each is made from one to three near it in the layer before, some from one of three before. */
function graphAssets(): readonly Asset[] {
  const random = seededRandom(SEED);
  const layers: Asset[][] = [];
  for (let layer = 0; layer < LAYERS; layer++) {
    const own: Asset[] = [];
    for (let place = 0; place < PER_LAYER; place++) {
      const deps: Record<string, Asset> = {};
      const take = (back: number): void => {
        const aside = place + random.below(2 * REACH + 1) - REACH;
        const dep = layers[layer - back]?.[Math.max(0, Math.min(PER_LAYER - 1, aside))];
        if (dep !== undefined) deps[`in_${back}_${aside + REACH}`] = dep;
      };
      for (let count = 1 + random.below(3); count > 0; count--) take(1);
      if (random.below(20) === 0) take(3);
      const group = `group_${Math.floor(((layer * PER_LAYER + place) * GROUPS) / (LAYERS * PER_LAYER))}`;
      own.push(defineAsset({ key: `layer_${layer}/asset_${place}`, group, deps, run: () => null }));
    }
    layers.push(own);
  }
  return layers.flat();
}

export const assets = graphAssets();
