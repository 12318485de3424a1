export function DesignPage() {
  return <h1>DesignPage {""}</h1>;
}
