export function AssetPage({ assetKey }: { readonly assetKey: string }) {
  return <h1>AssetPage {assetKey}</h1>;
}
