export function PartitionsPage() {
  return <h1>PartitionsPage {""}</h1>;
}
