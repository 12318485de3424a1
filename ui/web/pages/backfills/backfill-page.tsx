export function BackfillPage({ id }: { readonly id: string }) {
  return <h1>BackfillPage {id}</h1>;
}
