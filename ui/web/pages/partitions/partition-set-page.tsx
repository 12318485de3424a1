export function PartitionSetPage({ set }: { readonly set: string }) {
  return <h1>PartitionSetPage {set}</h1>;
}
