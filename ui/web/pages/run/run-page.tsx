export function RunPage({ id }: { readonly id: string }) {
  return <h1>RunPage {id}</h1>;
}
