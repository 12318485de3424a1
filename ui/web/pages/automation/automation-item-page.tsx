export function AutomationItemPage({ name }: { readonly name: string }) {
  return <h1>AutomationItemPage {name}</h1>;
}
