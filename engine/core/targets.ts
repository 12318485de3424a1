import type { Asset, StepDefinition } from "./assets.ts";
import type { Catalog } from "./catalog.ts";
import type { AssetCheck } from "./checks.ts";
import type { Job } from "./jobs.ts";

/** What is to be made, and what is to be checked. */
export interface Targets {
  readonly assets: readonly Asset[];
  readonly checks: readonly AssetCheck[];
}

export function stepsOf({ assets, checks }: Targets): ReadonlySet<StepDefinition> {
  return new Set([...assets, ...checks].map((one) => one.step));
}

/** The checks of these assets, in the order of the assets. */
export function checksOfAssets(catalog: Catalog, assets: readonly Asset[]): readonly AssetCheck[] {
  return assets.flatMap((asset) => catalog.checksOf.get(asset.key) ?? []);
}

export function targetsOfJob(catalog: Catalog, { assets, checks }: Pick<Job, "assets" | "checks">): Targets {
  return { assets, checks: checks ?? checksOfAssets(catalog, assets) };
}

/** Targets as one list of names, for the record: a check's key holds a colon, an asset's does not. */
export function targetKeys({ assets, checks }: Targets): readonly string[] {
  return [...assets, ...checks].map((one) => one.key);
}

export function splitKeys(keys: readonly string[]): { readonly assets: string[]; readonly checks: string[] } {
  return { assets: keys.filter((key) => !isCheckKey(key)), checks: keys.filter(isCheckKey) };
}

/** The targets of a list of names, and the names that the code does not know any more. */
export function targetsOfKeys(
  catalog: Catalog,
  keys: readonly string[],
): { readonly targets: Targets; readonly gone: readonly string[] } {
  const split = splitKeys(keys);
  const targets = {
    assets: split.assets.flatMap((key) => catalog.assets.get(key) ?? []),
    checks: split.checks.flatMap((key) => catalog.checks.get(key) ?? []),
  };
  return { targets, gone: keys.filter((key) => !catalog.assets.has(key) && !catalog.checks.has(key)) };
}

export function isCheckKey(key: string): boolean {
  return key.includes(":");
}

/** The asset that a check's key names. */
export function checkedAsset(checkKey: string): string {
  return checkKey.slice(0, checkKey.indexOf(":"));
}
